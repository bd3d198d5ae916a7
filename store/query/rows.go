package query

import (
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Rows is the answer to a statement. It can be reused; the zero value is ready to use.
type Rows struct {
	// Body holds the rows as JSON objects with commas between them.
	Body []byte

	// Count is the number of rows in Body; of a write without returned rows,
	// the number of rows written.
	Count int

	// More reports that there were more rows than ReadOptions.MaxRows, also of
	// an answer that is Unchanged.
	More bool

	// Total is the number of rows the filter selects, if Query.Count is set.
	Total int64

	// Next is the cursor after the last row. It is set if it was requested and more
	// rows may follow, because the page is full or the answer was cut.
	Next Cursor

	// Tag is the entity tag of the answer, without quotes. It is set if it was
	// requested and every table of the statement writes to the change log.
	Tag string

	// Cut lists the embeds with a lowered limit, and that limit: "tasks=99,
	// tasks.comments=99".
	Cut string

	// Tables lists every table in the statement of a read.
	Tables []*schema.Table

	// Version is the version of the one row read or written, zero if the table has none
	// or the scope may not read it.
	Version int64

	// Inserted is the number of rows an upsert inserted.
	Inserted int

	Touched int           // rows a write reached, whether they come back or not
	Result  driver.Result // filled by the engine
}

// Free releases the memory of a large answer and keeps that of a small one. The rows must
// not be used afterwards. r itself can be used again.
func (r *Rows) Free() {
	r.Result.Reset()
	r.Result.Free()
	clear(r.Tables)
	*r = Rows{Result: r.Result, Tables: r.Tables[:0]}
}
