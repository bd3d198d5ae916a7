package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/store/driver"
)

// Conditional asks a read for the entity tag of its answer (RFC 9110 section
// 8.8.3), and lets the read be skipped for a client that has the answer already.
//
// The tag is a keyed hash of the answer, so it tells nothing that the answer does
// not. Whether an answer is still the right one is not asked of the tag: the
// database handle remembers the statements it ran lately and the tags of their
// answers, and the change log says whether one of the tables a statement reads
// was written since. What is not remembered is read and compared, so that a
// client learns of other people's writes only what they change in its answer.
type Conditional struct {
	// Form is what the bytes that are sent depend on beside the rows, as their
	// media type. Empty asks for no tag.
	Form string

	// Known are the tags the client has. If one of them is that of the answer
	// the rows may be left out, see [Rows.Unchanged].
	Known []string
}

// trustFor is how long an answer is taken for unchanged without being read
// again. The log knows every write of the library at once; this bounds how long
// a write past the library goes unnoticed.
const trustFor = time.Minute

// conditionalRead is a read whose answer gets a tag.
type conditionalRead struct {
	db        *DB
	form      string
	key       memoKey // of the statement and the form
	memorable bool    // it has a key
	unchanged bool    // the client has the answer
	known     known   // of the answer, if it is unchanged
	tick      uint64  // of the log, before the statement runs
	at        time.Time
}

// known is what can be said of an answer without reading it.
type known struct {
	tag  answerTag
	more bool // it had more rows than the read wanted
}

// conditional reports whether every table the statement reads tells the change
// log of its writes. A view does not say what it reads.
func (c *compiler) conditional() bool {
	return len(c.reads) > 0 && !slices.ContainsFunc(c.reads, func(t *Table) bool { return !t.Tracked || t.View || t.foreign })
}

// condition begins a conditional read, nil if the answer gets no tag: what a
// transaction reads may never be committed.
func (g Gate) condition(ctx context.Context, c *compiler, st *driver.Statement, asked Conditional) (*conditionalRead, error) {
	if asked.Form == "" || g.s.tx != nil || !c.conditional() {
		return nil, nil
	}
	db := g.s.db
	keys, err := db.session().cursorKey(ctx)
	if err != nil {
		return nil, err
	}
	r := &conditionalRead{db: db, form: asked.Form, at: time.Now(), tick: db.watch.now()}
	r.key, r.memorable = keys.statement(st, asked.Form)
	if len(asked.Known) == 0 || !r.memorable {
		return r, nil
	}
	kept, ok := db.memo.get(r.key)
	if !ok || r.at.Sub(kept.at) > trustFor || !slices.Contains(asked.Known, kept.tag.String()) {
		return r, nil
	}
	// Nobody's statement: who waits for the caller's others would keep all waiting.
	if err := db.watch.look(ctx, db.session()); err != nil {
		return r, err
	}
	if db.watch.changed(c.reads, kept.tick) {
		r.tick = db.watch.now()
		return r, nil
	}
	r.unchanged, r.known = true, kept.known
	return r, nil
}

// tag returns the tag of the answer and remembers it. Of the extra values the
// client gets only the cursor, and only if there may be more behind it.
func (r *conditionalRead) tag(q *Query, result *driver.Result) string {
	keys := r.db.cursors.Load()
	var room [128]byte
	head := append(room[:0], r.form...)
	head = strconv.AppendInt(append(head, 0), int64(q.Offset), 10)
	head = strconv.AppendInt(append(head, 0), result.Total, 10)
	head = strconv.AppendBool(append(head, 0), result.More)
	if result.More || q.Limit != nil {
		head = append(append(head, 0), result.Extra...)
	}
	tag := keys.answer(head, result.Body)
	if r.memorable {
		r.db.memo.put(r.key, memory{known: known{tag, result.More}, tick: r.tick, at: r.at})
	}
	return tag.String()
}
