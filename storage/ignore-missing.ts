/** Takes the error of a file that does not exist for no error; throws any other. */
export function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
