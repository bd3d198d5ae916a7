package store

// Codec is implemented by the type of a struct field, by value or by pointer, to store
// a type without a kind of its own. Its three methods define the stored form. JSON,
// filters and order are those of the kind. For Bun's own statements the type must
// implement [driver.Valuer] and [database/sql.Scanner] as well.
//
// [driver.Valuer]: https://pkg.go.dev/database/sql/driver#Valuer
type Codec interface {
	// ColumnKind returns the kind of the column. It is called once, on a zero
	// value.
	ColumnKind() Kind

	// EncodeColumn returns the value in a Go form of the kind (see package
	// driver), or nil for NULL.
	EncodeColumn() (any, error)

	// DecodeColumn sets the value from the Go form of the kind; nil is NULL. It must
	// not retain value if it is a []byte or []string.
	DecodeColumn(value any) error
}
