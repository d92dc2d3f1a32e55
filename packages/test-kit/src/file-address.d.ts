// What Vite makes of an import that ends in ?url.
declare module '*?url' {
  const address: string;
  export default address;
}
