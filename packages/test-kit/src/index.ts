import './gpu-errors';

export {backendsUnderTest, startBackend} from './backends-under-test';
export {checkGradient} from './check-gradient';
export {clampsIds} from './clamps-ids';
export {expectClose, type Tolerance} from './expect-close';
export {expectNoLeak} from './expect-no-leak';
export {seededIds, seededValues} from './seeded-values';
