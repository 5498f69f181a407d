/** Endings of the names of files that are read without a dtype, for messages. */
export const READABLE = '.csv, .tsv, .json, .npy, .png, .jpg, .jpeg, .txt, .md, .html, .xml';
