import type {VectorFiles} from './vector-files';

export const vectorFiles: VectorFiles = {
  async read() {
    throw new Error('a page has no files: fetch the bytes, and decode them with decodeWord2VecBinary or its like');
  },

  async write() {
    throw new Error(
      'a page has no files: make the bytes with encodeWord2VecBinary or its like, and keep or offer them',
    );
  },
};
