export {CommandOptions, type GivenOption, type OptionDefinition} from './command-options';
export {
  type CorpusIdentity,
  corpusChoice,
  downloadLine,
  identityOf,
  type LoadOptions,
  loadChosenCorpus,
  namedCorpora,
} from './corpus';
export {describeFailure} from './failure';
export {brief, duration, grouped} from './figures';
export {Interruption} from './interruption';
export {OutputFolder} from './output-folder';
export {type Attention, attentionPicture} from './pictures/attention';
export {type CurveOptions, curve, curveSize, type Series} from './pictures/curve';
export {type Picture, pngOf, sideBySide} from './pictures/png';
export {type Moment, Pace, progressLine} from './progress';
export {type ResumeOptions, resumeCommand} from './resume-command';
export {Run, type RunRecord, readRun, recordOf} from './run';
export {Screen, type ScreenStream} from './screen';
export {UserError} from './user-error';
export {versions} from './versions';
export {writeWhole} from './write-whole';
