import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The tables of the atlas, made from the files of iso-codes, each in the order of its key. */
export function readCodes(folder) {
  const read = (standard) => JSON.parse(readFileSync(join(folder, `iso_${standard}.json`), 'utf8'))[standard]
  const countries = read('3166-1').map(
    nullable('alpha_2', 'alpha_3', 'numeric', 'name', 'official_name', 'common_name', 'flag'))
  const subdivisions = read('3166-2').map(subdivision)
  const languages = read('639-3').map((entry) => ({
    ...nullable('alpha_3', 'alpha_2', 'bibliographic', 'name', 'inverted_name', 'common_name', 'scope', 'type')(entry),
    living: entry.type === 'L',
    names: [...new Set([entry.name, entry.inverted_name, entry.common_name].filter(Boolean))],
    codes: Object.fromEntries(['alpha_3', 'alpha_2', 'bibliographic'].filter((name) => entry[name]).map((name) => [name, entry[name]])),
  }))
  const pairs = countBy(subdivisions, (s) => JSON.stringify([s.country_code, s.type_name]))
  return {
    countries: sorted(countries, 'alpha_2'),
    subdivisions: sorted(subdivisions, 'code'),
    languages: sorted(languages, 'alpha_3'),
    currencies: sorted(read('4217').map(nullable('alpha_3', 'numeric', 'name')), 'alpha_3'),
    types: sorted(countBy(subdivisions, (s) => s.type_name).map(([name, uses]) => ({ name, uses })), 'name'),
    pairs: sorted(
      pairs.map(([pair, uses]) => ({ country_code: JSON.parse(pair)[0], type_name: JSON.parse(pair)[1], uses })),
      'country_code', 'type_name'),
  }
}

function subdivision({ code, name, type, parent }) {
  const country = code.slice(0, code.indexOf('-'))
  const whole = parent === undefined ? null : parent.includes('-') ? parent : `${country}-${parent}`
  return { code, name, type_name: type, country_code: country, parent_code: whole }
}

const nullable = (...names) => (entry) => Object.fromEntries(names.map((name) => [name, entry[name] ?? null]))

function countBy(list, key) {
  const counts = new Map()
  for (const item of list) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return [...counts]
}

/** Text is ordered by code points, which is not how JavaScript compares strings. */
export function compare(a, b) {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** A sorted copy, by columns without nulls. */
export function sorted(list, ...columns) {
  return list.toSorted((a, b) => columns.reduce((r, name) => r || compare(a[name], b[name]), 0))
}

/** A copy in descending order of columns without nulls. */
export function descending(list, ...columns) {
  return sorted(list, ...columns).reverse()
}

/**
 * Folds case rune by rune. JavaScript would make two runes of the capital dotted
 * I; the simple mapping of Unicode is an i.
 */
export function fold(text) {
  return [...text].map((rune) => [...rune.toLowerCase()][0]).join('')
}

/** A copy of the columns of each row. */
export function pick(list, ...columns) {
  return list.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])))
}

/** The values of a column. */
export function pluck(list, name) {
  return list.map((row) => row[name])
}
