// Runs the blocks of a page, in the variable PAGE, as one module. What the page asks
// its reader for (prompt) is found in what the server has printed, the file PRINTED,
// and in the secret that it has enrolled. An answer that is an error ends the program.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

import { appCode } from './checks/totp.mjs'

const digits = () => [...readFileSync(process.env.PRINTED, 'utf8').matchAll(/^(?:mail|sms): .* code (\d{6})/gm)].map((mail) => mail[1])
let typed = digits().length
let secret

const ask = globalThis.fetch
globalThis.fetch = async (...args) => {
  const answer = await ask(...args)
  const text = await answer.clone().text()
  if (!answer.ok) throw new Error(`${args[0]} answers ${answer.status}: ${text}`)
  secret = /"secret":"([A-Z2-7]+)"/.exec(text)?.[1] ?? secret
  return answer
}
globalThis.WebSocket ??= class {}
globalThis.prompt = (question) => {
  if (question.includes('app')) return appCode(secret, Date.now() / 1000)
  for (const end = Date.now() + 20_000; Date.now() < end; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)) {
    const all = digits()
    if (all.length > typed) return all[typed++]
  }
  throw new Error('no mail or message has come')
}

const module = new URL(`page-${process.pid}.mjs`, import.meta.url)
writeFileSync(module, `${process.env.PAGE}\nexport { notes, level }\n`)
try {
  const { notes, level } = await import(module)
  if (notes?.[0]?.title !== 'Water the plants' || level.currentLevel !== 'aal2') throw new Error(`notes ${JSON.stringify(notes)}, level ${JSON.stringify(level)}`)
} finally {
  rmSync(module)
}
process.exit(0)
