/** What the kernels of recurrent layers take beside tensors. */
export interface RecurrentAttributes {
  /** From the last step to the first. */
  reverse?: boolean;
  /** Of the gradient: nobody asks for that of x, which is then not among the results. */
  constantInput?: boolean;
}
