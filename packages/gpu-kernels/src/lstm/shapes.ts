export {sequenceSizes as lstmSizes} from '../sequence/sizes';
