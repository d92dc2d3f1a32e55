export { lookUpRows, sumRows } from "./embedding";
export { gruBackward, gruForward } from "./gru";
export { linearBackward, linearForward } from "./linear";
export { lstmBackward, lstmForward } from "./lstm";
export { matrixProduct } from "./matrix-product";
export { adagradStep, adamStep, momentumStep, sgdStep, sumOfSquares } from "./optimizer-step";
export { firstIdOutside, unsortedSegmentSum } from "./rows";
export { clearPadding } from "./sequence";
export { sparseCrossEntropyBackward, sparseCrossEntropyForward } from "./sparse-cross-entropy";
