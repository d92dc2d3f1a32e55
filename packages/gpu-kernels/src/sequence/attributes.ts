/** What the kernels of recurrent layers take beside tensors. */
export interface RecurrentAttributes {
  /** From the last step to the first. */
  reverse?: boolean;
  /** Of the gradient: nobody asks for that of x, which is then not among the results. */
  constantInput?: boolean;
  /** Of the gradient: the loss comes from the final state alone, and the gradient of the outputs is zeros. */
  finalStateOnly?: boolean;
}
