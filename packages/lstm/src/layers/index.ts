export {fusedGRU} from './fused-gru';
export {fusedLSTM} from './fused-lstm';
export {registerFusedLayers} from './registered-classes';
