package driver

// Kind is the type of a column's values. A kind has one Go representation, one
// JSON form and one order on both engines.
type Kind uint8

// The kinds of columns. The second column is the Go type a value of the kind is
// bound as, the third its JSON form.
const (
	// KindText is string, a JSON string, ordered by bytes.
	KindText Kind = iota + 1
	// KindBool is bool, true or false.
	KindBool
	// KindInt is int64, a JSON number.
	KindInt
	// KindFloat is float64, a JSON number; NaN and infinities are rejected.
	KindFloat
	// KindDecimal is string, a JSON number that keeps its scale.
	KindDecimal
	// KindTimestamp is time.Time in UTC, cut to microseconds, as
	// "2006-01-02T15:04:05.000000+00:00".
	KindTimestamp
	// KindDate is string, as "2006-01-02".
	KindDate
	// KindUUID is string, lower-case and with dashes.
	KindUUID
	// KindBytes is []byte, as "\x" and lower-case hexadecimal digits.
	KindBytes
	// KindJSON is string, a document in canonical form, sent as it is.
	KindJSON
	// KindTextArray is []string, a JSON array of strings.
	KindTextArray
)

// String returns the name of the kind as error messages use it.
func (k Kind) String() string {
	switch k {
	case KindText:
		return "text"
	case KindBool:
		return "boolean"
	case KindInt:
		return "integer"
	case KindFloat:
		return "float"
	case KindDecimal:
		return "decimal"
	case KindTimestamp:
		return "timestamp"
	case KindDate:
		return "date"
	case KindUUID:
		return "uuid"
	case KindBytes:
		return "bytes"
	case KindJSON:
		return "json"
	case KindTextArray:
		return "text array"
	}
	return "unknown"
}

// Ordered reports whether values of the kind can be compared by less and
// greater, sorted by, and used in a keyset cursor.
func (k Kind) Ordered() bool {
	return k != KindJSON && k != KindTextArray && k != 0
}
