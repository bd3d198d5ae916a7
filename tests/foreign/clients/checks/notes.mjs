import { randomUUID } from 'node:crypto'

import { column, count, refusal, rows } from './suite.mjs'
import { pick } from './iso.mjs'

/**
 * The quickstart: everybody's own notes. Owner and stranger are the users of the
 * clients demo and other.
 */
export async function notes(t, { demo, other, anonymous }, { owner, stranger }) {
  const id = randomUUID()

  await t.check('insert', 'a note belongs to who writes it; the head of a model is filled in', {
    want: { id, owner_id: owner, title: 'Å first note', body: '', version: 1 },
    unlike: { 'nobody': { id, owner_id: null, title: 'Å first note', body: '', version: 1 } },
    got: async () => pick([await rows(demo.from('notes').insert({ id, title: 'Å first note' }).select().single())],
      'id', 'owner_id', 'title', 'body', 'version')[0],
  })
  await t.check('select', 'times are in UTC with microseconds', {
    want: [true, true],
    got: async () => {
      const [note] = await rows(demo.from('notes').select('created_at, updated_at').eq('id', id))
      return Object.values(note).map((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/.test(time))
    },
  })
  await reads(t, { demo, other, anonymous }, id)
  await forgeries(t, { demo, other, anonymous }, id, owner, stranger)
  await changes(t, { demo, other }, id)
}

async function reads(t, { demo, other, anonymous }, id) {
  const mine = (db) => column(db.from('notes').select('id').eq('id', id), 'id')
  await t.check('select', 'the owner sees the note', { want: [id], unlike: { hidden: [] }, got: () => mine(demo) })
  await t.check('select', 'another user sees nothing', { want: [], unlike: { seen: [id] }, got: () => mine(other) })
  await t.check('select', 'nobody sees nothing', { want: [], unlike: { seen: [id] }, got: () => mine(anonymous) })
  await t.check('select', 'another user counts nothing', {
    want: 0, unlike: { counted: 1 },
    got: () => count(other.from('notes').select('*', { count: 'exact', head: true }).eq('id', id)),
  })
  await t.check('or', 'does not lead around the rule', {
    want: [], unlike: { seen: [id] },
    got: () => column(other.from('notes').select('id').or(`id.eq.${id},title.like.*`), 'id'),
  })
  await t.check('single', 'another user\'s note is like one that does not exist', {
    want: [{ status: 406, code: 'PGRST116' }, { status: 406, code: 'PGRST116' }],
    got: async () => [
      await refusal(other.from('notes').select().eq('id', id).single()),
      await refusal(other.from('notes').select().eq('id', randomUUID()).single()),
    ],
  })
}

async function forgeries(t, { demo, other, anonymous }, id, owner, stranger) {
  const title = (db) => rows(db.from('notes').select('title, owner_id').eq('id', id).single())
  await t.check('insert', 'nobody cannot write', {
    want: { status: 401, code: '42501' },
    got: () => refusal(anonymous.from('notes').insert({ title: 'anonymous' })),
  })
  await t.check('insert', 'a note cannot be given to another user', {
    want: { status: 403, code: '42501' },
    got: () => refusal(demo.from('notes').insert({ title: 'forged', owner_id: stranger })),
  })
  await t.check('select', 'so the other user has no note', {
    want: [], unlike: { forged: ['forged'] },
    got: () => column(other.from('notes').select('title'), 'title'),
  })
  await t.check('insert', 'one\'s own id may be sent', {
    want: { owner_id: owner },
    got: () => rows(demo.from('notes').insert({ title: 'own', owner_id: owner }).select('owner_id').single()),
  })
  await t.check('update', 'a note cannot be given away', {
    want: { refused: true, note: { title: 'Å first note', owner_id: owner } },
    unlike: { 'given away': { refused: true, note: null } },
    got: async () => {
      const { status } = await demo.from('notes').update({ owner_id: stranger }).eq('id', id)
      return { refused: status === 400 || status === 403, note: await title(demo) }
    },
  })
  await t.check('update', 'another user changes nothing', {
    want: { returned: [], note: { title: 'Å first note', owner_id: owner } },
    unlike: { changed: { returned: [id], note: { title: 'stolen', owner_id: owner } } },
    got: async () => ({
      returned: await column(other.from('notes').update({ title: 'stolen' }).eq('id', id).select('id'), 'id'),
      note: await title(demo),
    }),
  })
  await t.check('upsert', 'another user cannot take a note over by its id', {
    want: { status: 409, note: { title: 'Å first note', owner_id: owner } },
    unlike: { 'taken over': { status: 200, note: { title: 'stolen', owner_id: stranger } } },
    got: async () => {
      const { status } = await other.from('notes').upsert({ id, title: 'stolen' }).select()
      return { status, note: await title(demo) }
    },
  })
  await t.check('delete', 'another user deletes nothing', {
    want: { returned: [], note: { title: 'Å first note', owner_id: owner } },
    got: async () => ({
      returned: await rows(other.from('notes').delete().eq('id', id).select()),
      note: await title(demo),
    }),
  })
}

async function changes(t, { demo }, id) {
  const query = () => demo.from('notes')
  await t.check('update', 'counts the version up and moves updated_at, not created_at', {
    want: { title: 'changed', version: 2, created: 'same', updated: 'later' },
    unlike: { 'version stays': { title: 'changed', version: 1, created: 'same', updated: 'later' } },
    got: async () => {
      const before = await rows(query().select().eq('id', id).single())
      const after = await rows(query().update({ title: 'changed' }).eq('id', id).select().single())
      return {
        title: after.title, version: after.version,
        created: after.created_at === before.created_at ? 'same' : 'moved',
        updated: after.updated_at > before.updated_at ? 'later' : 'same',
      }
    },
  })
  const refused = (method, what, code, got) => t.check(method, what, { want: { status: 400, code }, got: () => refusal(got()) })
  await refused('insert', 'a column of the library', 'PL003', () => query().insert({ title: 'x', version: 9 }))
  await refused('update', 'a column of the library', 'PL003', () => query().update({ created_at: '2000-01-01T00:00:00Z' }).eq('id', id))
  await refused('insert', 'a required title that is empty', 'PL002', () => query().insert({ title: '' }))
  await refused('insert', 'a required title that is absent', 'PL002', () => query().insert({ body: 'x' }))
  await refused('update', 'a title that is too long', 'PL002', () => query().update({ title: 'x'.repeat(201) }).eq('id', id))
  await refused('eq', 'an id that is none', '22P02', () => query().select().eq('id', 'nope'))
  await t.check('insert', 'an id that exists', {
    want: { status: 409, code: '23505' },
    got: () => refusal(query().insert({ id, title: 'again' })),
  })
  await t.check('delete', 'the owner deletes the note', {
    want: { returned: ['changed'], left: [] },
    unlike: { 'not deleted': { returned: [], left: [id] } },
    got: async () => ({
      returned: await column(query().delete().eq('id', id).select('title'), 'title'),
      left: await column(query().select('id').eq('id', id), 'id'),
    }),
  })
}
