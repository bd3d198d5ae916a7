import { keys } from './filters.mjs'
import { refusal } from './suite.mjs'
import { fold } from './iso.mjs'

/** The words of a text: what stands between spaces, punctuation and symbols. */
function words(text) {
  return fold(text).split(/[\p{Z}\p{P}\p{S}\p{Cc}\p{Cf}]+/u).filter(Boolean)
}

/** Whether a language has all of the words, one of them, or all of them in a row. */
const every = (...wanted) => (l) => wanted.every((w) => words(l.name).includes(w))
const some = (...wanted) => (l) => wanted.some((w) => words(l.name).includes(w))
const row = (...wanted) => (l) => ` ${words(l.name).join(' ')} `.includes(` ${wanted.join(' ')} `)
const inside = (part) => (l) => fold(l.name).includes(part)

/** Words in the names of languages: the operator search, and PostgreSQL's own. */
export async function searches(t, db, iso, engine) {
  const languages = keys(t, db, 'languages', 'alpha_3', iso.languages)
  await languages('filter', 'search: all words, in any order and case',
    every('old', 'english'), { 'any of them': some('old', 'english'), 'in this order only': row('english', 'old') },
    (q) => q.filter('name', 'search', 'ENGLISH old'))
  await languages('filter', 'search: whole words only',
    every('sign'), { 'parts of words': inside('sign') }, (q) => q.filter('name', 'search', 'sign'))
  await languages('filter', 'search: * for the beginning of words',
    (l) => words(l.name).some((w) => w.startsWith('mand')), { 'parts of words': inside('mand'), 'the word': every('mand') },
    (q) => q.filter('name', 'search', 'mand*'))
  await languages('filter', 'search: - leaves out',
    (l) => every('sign')(l) && !every('language')(l), { 'the word too': every('sign', 'language'), ignored: every('sign') },
    (q) => q.filter('name', 'search', 'sign -language'))
  await languages('not', 'search: none of the words, among others',
    (l) => l.type === 'C' && !every('esperanto')(l), { found: every('esperanto'), ignored: (l) => l.type === 'C' },
    (q) => q.eq('type', 'C').not('name', 'search', 'esperanto'))
  await languages('or', 'search: either',
    (l) => every('klingon')(l) || every('old', 'english')(l), { 'the first only': every('klingon') },
    (q) => q.or('name.search.klingon,name.search."old english"'))
  await languages('filter', 'search: punctuation says nothing',
    every('old', 'english'), { 'as text': () => false }, (q) => q.filter('name', 'search', '"old", (english)!'))
  await t.check('filter', 'search: a column that is not searchable', {
    want: { status: 400, code: '42804' }, got: () => refusal(db.from('countries').select().filter('name', 'search', 'x')),
  })
  await (engine === 'postgres' ? textSearch(languages) : refused(t, db))
}

/** What the types of the client offer, by PostgreSQL's own functions. */
async function textSearch(languages) {
  await languages('textSearch', 'words joined by &, | and !',
    (l) => (every('old')(l) || every('ancient')(l)) && !every('english')(l), { '! ignored': some('old', 'ancient'), '| as &': every('old', 'ancient') },
    (q) => q.textSearch('name', '(old | ancient) & !english'))
  await languages('textSearch', 'the beginning of words',
    (l) => words(l.name).some((w) => w.startsWith('mand')), { 'the word': every('mand') }, (q) => q.textSearch('name', 'mand:*'))
  await languages('textSearch', 'one behind the other',
    row('sign', 'language'), { 'in any order': () => false }, (q) => q.textSearch('name', 'sign <-> language'))
  await languages('textSearch', 'plain: all words, in any order',
    every('old', 'english'), { 'any of them': some('old', 'english'), 'in this order only': row('english', 'old') },
    (q) => q.textSearch('name', 'english old', { type: 'plain' }))
  await languages('textSearch', 'phrase: words in a row',
    row('old', 'english'), { 'any of them': some('old', 'english') }, (q) => q.textSearch('name', 'old english', { type: 'phrase' }))
  await languages('textSearch', 'phrase: not in another order',
    () => false, { 'in any order': every('old', 'english') }, (q) => q.textSearch('name', 'english old', { type: 'phrase' }))
  await languages('textSearch', 'websearch: quotes, - and or',
    (l) => (row('old', 'english')(l) || every('klingon')(l)), { 'and for or': () => false, 'quotes ignored': some('old', 'english', 'klingon') },
    (q) => q.textSearch('name', '"old english" or klingon', { type: 'websearch' }))
  await languages('textSearch', 'websearch: - leaves out',
    (l) => every('old')(l) && !every('english')(l), { ignored: every('old') }, (q) => q.textSearch('name', 'old -english', { type: 'websearch' }))
  await languages('textSearch', 'with a configuration that knows plurals',
    every('sign', 'language'), { 'without stems': every('signs', 'languages') },
    (q) => q.textSearch('name', 'signs languages', { type: 'plain', config: 'english' }))
}

/** SQLite says what to use instead. */
async function refused(t, db) {
  for (const type of [undefined, 'plain', 'phrase', 'websearch']) {
    await t.check('textSearch', `${type ?? 'without a type'}: refused on SQLite, with the operator to use`, {
      want: { status: 400, code: 'PGRST127', told: true },
      got: async () => {
        const { error, status } = await db.from('languages').select().textSearch('name', 'old', { type })
        return { status, code: error.code, told: error.message.includes('use search') }
      },
    })
  }
}
