import assert from 'node:assert/strict'
import { inspect } from 'node:util'

/**
 * Suite collects assertions about methods of the client, for the table at the
 * end.
 */
export class Suite {
  rows = []

  /**
   * Compares an answer with what is right.
   *
   * @param {string} method    method of the client: 'eq', 'upsert'
   * @param {string} what      what is asserted of it
   * @param {object} check
   * @param check.want         the right answer, found without the server
   * @param {() => Promise} check.got  asks the server
   * @param {object} [check.unlike]    answers of wrong implementations, by the
   *   mistake; the data must tell each of them from the right one
   */
  async check(method, what, { want, got, unlike = {} }) {
    const row = { method, what, ok: true }
    this.rows.push(row)
    try {
      for (const [mistake, answer] of Object.entries(unlike)) {
        assert.notDeepStrictEqual(answer, want, `the data cannot show the mistake "${mistake}"`)
      }
      const answer = await got()
      assert.deepStrictEqual(answer, want, difference(answer, want, unlike))
    } catch (error) {
      row.ok = false
      row.why = error.message
    }
  }

  /** Prints the table, then what failed, and returns the exit status. */
  report(out) {
    const width = Math.max(...this.rows.map((row) => row.method.length))
    this.rows.forEach((row, i) => {
      out.log(`${String(i + 1).padStart(3)}  ${row.method.padEnd(width)}  ${row.ok ? 'ok    ' : 'FAILED'}  ${row.what}`)
    })
    const failed = this.rows.filter((row) => !row.ok)
    for (const row of failed) out.log(`\nFAILED ${row.method}: ${row.what}\n${row.why}`)
    out.log(`\n${this.rows.length - failed.length} of ${this.rows.length} assertions hold`)
    return failed.length === 0 ? 0 : 1
  }
}

function difference(answer, want, unlike) {
  for (const [mistake, wrong] of Object.entries(unlike)) {
    if (inspect(answer, { depth: null }) === inspect(wrong, { depth: null })) return `the mistake is: ${mistake}\ngot  ${short(answer)}`
  }
  return `got  ${short(answer)}\nwant ${short(want)}`
}

function short(value) {
  const text = inspect(value, { depth: null, breakLength: Infinity, maxArrayLength: 40 })
  return text.length > 1500 ? `${text.slice(0, 1500)}... (${text.length} characters)` : text
}

/** The rows of an answer that must be a success. */
export async function rows(query) {
  return (await success(query)).data
}

/** A column of the rows of an answer that must be a success. */
export async function column(query, name) {
  return (await rows(query)).map((row) => row[name])
}

/** The number of an answer that must be a success. */
export async function count(query) {
  return (await success(query)).count
}

async function success(query) {
  const answer = await query
  if (answer.error) throw new Error(`status ${answer.status}: ${JSON.stringify(answer.error)}`)
  return answer
}

/** Status and code of an answer that must be a failure. */
export async function refusal(query) {
  const { data, error, status } = await query
  if (!error) return { status, data }
  return { status, code: error.code }
}
