package query

// ReadOptions tunes access.Gate.Read. The zero value reads all rows the query asks
// for.
type ReadOptions struct {
	// MaxRows truncates the answer and sets Rows.More; zero sets no limit. Unlike
	// Query.Limit it is not part of the query.
	MaxRows int

	// MaxBytes fails the read with [fault.ErrTooLarge] when the answer is larger; zero sets
	// no limit. With a Budget a row with embedded rows, or with more than eight values
	// of any size, is limited to a quarter of MaxBytes.
	MaxBytes int

	// Budget is the largest number of rows of the answer: its own and those of every
	// array of embedded rows. Beyond it the read lowers limits that are defaults, see
	// [Query], and sets Rows.Cut. If that does not suffice it fails with a
	// [fault.LimitError]. Zero sets no limit.
	Budget int

	// Page requests Rows.Next.
	Page bool

	// TagForm requests Rows.Tag. It must identify everything besides the rows that the
	// response depends on, such as the media type. Empty requests no tag.
	TagForm string

	// Single says that the query is for one row by its key. It requests Rows.Version.
	Single bool
}

// WriteOptions tunes a write. The zero value answers only the
// number of rows.
type WriteOptions struct {
	// Return requests the written rows, with the columns, relations and order of the
	// query. Its filter is checked but not applied. Rows that the scope may not read
	// are left out.
	Return *Query

	// Single rolls the write back with a [fault.CardinalityError] unless exactly one row was
	// written.
	Single bool

	// Most is the largest number of rows the write may touch; more roll it back with a
	// [fault.MaxAffectedError]. Nil leaves only the limit that holds for every write.
	Most *int

	// MaxBytes rolls the write back with [fault.ErrTooLarge] when the answer is larger; zero
	// sets no limit. Rows that are inserted or written by key are exempt if each column
	// is returned once, because they are as large as the input.
	MaxBytes int

	// Budget rolls the write back with a [fault.LimitError] when the answer has more rows,
	// including the rows of every array of embedded rows. Zero sets no limit.
	Budget int

	// Exactly is the number of rows an update must select. With another number no row
	// is written, which is not an error. Zero allows any number. See
	// store.Repo.PatchExactly.
	Exactly int

	// Versions are the accepted versions of the written row; another one is [fault.ErrStale].
	// If the scope may not read the version, no version matches. Empty accepts any
	// version.
	Versions []int64

	// ByKey says that the condition is for one row by its key. If no row is written the
	// error is [fault.ErrStale] for another version, [fault.ErrDenied] if the scope can see the
	// row, and otherwise [fault.ErrNotFound].
	ByKey bool
}

// UpsertOptions are the options of access.Gate.Upsert.
type UpsertOptions struct {
	WriteOptions

	// Conflict lists the columns of the primary key or of a unique key that identify an
	// existing row. Nil means the primary key.
	Conflict []string

	// Ignore leaves existing rows unchanged. Otherwise the given columns are written to
	// them.
	Ignore bool

	// New requires that no row exists and Known that every row does.
	// WriteOptions.Versions implies Known and limits the versions of the rows.
	// Otherwise the write is rolled back with [fault.ErrStale].
	New, Known bool
}

// WriteOp is what happens to a row.
type WriteOp string

// The operations, as the change log names them.
const (
	OpInsert  WriteOp = "insert"
	OpUpdate  WriteOp = "update"
	OpDelete  WriteOp = "delete"
	OpRestore WriteOp = "restore"
)
