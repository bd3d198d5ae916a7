// Reads OpenAPI documents with two validators that share no code: the schema of
// the OpenAPI initiative by @seriousme/openapi-schema-validator, and the rules of
// Redocly's linter. It prints what they find and ends with status 1 if there is
// anything.
import { readFile } from 'node:fs/promises'

import { createConfig, lint } from '@redocly/openapi-core'
import { Validator } from '@seriousme/openapi-schema-validator'

// Redocly's recommended rules are about taste too. These do not fit: the license
// of an API is its owner's, a server on this machine is what examples have, and
// the default response stands for every 4xx that has none of its own.
const config = await createConfig({
  extends: ['recommended-strict'],
  rules: { 'info-license': 'off', 'no-server-example.com': 'off', 'no-empty-servers': 'off' },
})

let findings = 0
for (const file of process.argv.slice(2)) {
  const found = []
  const validator = new Validator()
  const result = await validator.validate(JSON.parse(await readFile(file, 'utf8')))
  if (!result.valid) found.push(`schema: ${JSON.stringify(result.errors)}`)
  for (const problem of await lint({ ref: file, config })) {
    found.push(`${problem.ruleId}: ${problem.message} at ${problem.location[0]?.pointer}`)
  }
  for (const line of found) console.log(`${file}: ${line}`)
  console.log(`${file}: ${found.length} findings`)
  findings += found.length
}
process.exit(findings > 0 ? 1 : 0)
