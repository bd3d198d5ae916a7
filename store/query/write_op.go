package query

// WriteOp is what happens to a row.
type WriteOp string

// The operations, as the change log names them.
const (
	OpInsert  WriteOp = "insert"
	OpUpdate  WriteOp = "update"
	OpDelete  WriteOp = "delete"
	OpRestore WriteOp = "restore"
)
