// Prints what the linter of the Docker extensions of editors finds in the Dockerfile on standard input.
import { readFileSync } from 'node:fs';
import { validate } from 'dockerfile-utils';

console.log(JSON.stringify(validate(readFileSync(0, 'utf8')).map((finding) => `${finding.range.start.line + 1}: ${finding.message}`)));
