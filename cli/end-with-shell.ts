/** Pause between two looks at the shell, in milliseconds. */
const LOOK_INTERVAL_MS = 250;

/**
 * Ends this process, as SIGTERM does, when the shell is gone that npm has started it in. npm hands signals to that shell
 * only, and some shells end without a word to the process.
 */
export function endWithShell(): void {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_INTERVAL_MS);
  watch.unref();
}

/**
 * Tells if npm has started this process as the only command of a script: by `npx extend-parse …`, or by `npm run` of a script
 * such as `extend-parse worker`. npm names the script in the environment.
 */
export function isStartedByNpm({ npm_lifecycle_script: script = '' }: NodeJS.ProcessEnv): boolean {
  return /^['"]?extend-parse(?![\w-])[^&;|]*$/.test(script);
}
