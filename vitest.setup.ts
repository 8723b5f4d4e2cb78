import fc from 'fast-check';

/** Laws look at the same examples in every run, so that a red build is the change's own fault; `fuzz:*` looks for others. */
if (process.env['TAPEDECK_PROPERTY_SEED'] !== 'random') fc.configureGlobal({ seed: 20_200_316 });
