import about from '../../package.json' with { type: 'json' };

/** The package's version. */
export const packageVersion: string = about.version;
