export {Interruption} from './interruption';
export {Screen, type ScreenStream} from './screen';
export {UserError} from './user-error';
export {writeWhole} from './write-whole';
