import { rows } from './suite.mjs'
import { compare, pick } from './iso.mjs'
import { keys } from './filters.mjs'

/** What arrays and documents hold, and paths into documents. */
export async function documents(t, db, iso) {
  const languages = keys(t, db, 'languages', 'alpha_3', iso.languages)
  const two = iso.languages.find((l) => l.names.length > 1 && l.names.every((name) => !/[,"{}\\]/.test(name)))
  const comma = iso.languages.find((l) => l.names.some((name) => name.includes(','))).names[1]
  const has = (l, name) => l.names.includes(name)

  await languages('contains', 'an array that has each of two elements',
    (l) => two.names.every((name) => has(l, name)), { 'the first only': (l) => l.names[0] === two.names[0] && l.names.length === 1, nothing: () => false },
    (q) => q.contains('names', two.names.slice(0, 2)))
  await languages('contains', 'an element with a comma, which the client leaves to the caller to quote',
    (l) => has(l, comma), { nothing: () => false }, (q) => q.contains('names', `{"${comma}"}`))
  await languages('containedBy', 'an array that has nothing else',
    (l) => l.names.every((name) => ['Latin', 'Faroese', ...two.names].includes(name)), { contains: (l) => has(l, 'Latin') && has(l, 'Faroese') },
    (q) => q.containedBy('names', ['Latin', 'Faroese', ...two.names]))
  await languages('overlaps', 'an array that has one of them',
    (l) => has(l, 'Latin') || has(l, two.names[1]), { contains: (l) => has(l, 'Latin') && has(l, two.names[1]), 'the first only': (l) => has(l, 'Latin') },
    (q) => q.overlaps('names', ['Latin', two.names[1], 'none']))
  await languages('contains', 'a document with a member',
    (l) => l.codes.alpha_2 === 'de', { nothing: () => false, 'as a whole': (l) => l.codes.alpha_2 === 'de' && Object.keys(l.codes).length === 1 },
    (q) => q.contains('codes', { alpha_2: 'de' }))
  await languages('containedBy', 'a document of no other members',
    (l) => l.alpha_3 === 'deu', { contains: () => false },
    (q) => q.containedBy('codes', { alpha_3: 'deu', alpha_2: 'de', bibliographic: 'ger', more: true }))
  await languages('eq', 'text at the end of a path',
    (l) => l.codes.bibliographic === 'ger', { nothing: () => false }, (q) => q.eq('codes->>bibliographic', 'ger'))
  await languages('eq', 'a document at the end of a path',
    (l) => l.codes.bibliographic === 'ger', { nothing: () => false }, (q) => q.eq('codes->bibliographic', '"ger"'))
  await languages('not', 'where a path leads to nothing',
    (l) => l.codes.bibliographic !== undefined, { 'documents that are null': () => false }, (q) => q.not('codes->>bibliographic', 'is', null))
  const bibliographic = iso.languages.filter((l) => l.bibliographic !== null)
  await t.check('select', 'text and documents of paths, named by their key or as one likes', {
    want: pick(bibliographic, 'alpha_3').map((l, i) => ({ ...l, bibliographic: bibliographic[i].bibliographic, two: bibliographic[i].alpha_2 })),
    got: () => rows(db.from('languages').select('alpha_3, codes->>bibliographic, two:codes->alpha_2').not('bibliographic', 'is', null)),
  })
  await t.check('order', 'by the text of a path, backwards', {
    want: bibliographic.map((l) => l.alpha_3).toSorted((a, b) => compare(code(b), code(a))),
    unlike: { 'the order of keys': bibliographic.map((l) => l.alpha_3) },
    got: async () => (await rows(db.from('languages').select('alpha_3').not('bibliographic', 'is', null)
      .order('codes->>bibliographic', { ascending: false }))).map((l) => l.alpha_3),
  })

  const latin = () => db.from('languages').select('alpha_3').eq('codes->>alpha_2', 'la')
  await t.check('setHeader', 'a header of one request', {
    want: { alpha_3: 'lat' }, got: () => rows(latin().setHeader('Accept', 'application/vnd.pgrst.object+json')),
  })
  await t.check('abortSignal', 'a request that nobody aborts', {
    want: [{ alpha_3: 'lat' }], got: () => rows(latin().abortSignal(new AbortController().signal)),
  })
  await t.check('retry', 'a request that needs no other try', {
    want: [{ alpha_3: 'lat' }], got: () => rows(latin().retry(false)),
  })

  function code(key) {
    return bibliographic.find((l) => l.alpha_3 === key).bibliographic
  }
}
