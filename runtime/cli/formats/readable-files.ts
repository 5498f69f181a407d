/** Endings of the names of files that can be read, for messages. */
export const READABLE = '.csv, .tsv, .json, .npy, .png, .jpg, .jpeg';
