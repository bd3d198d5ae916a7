package store

import "github.com/seed-7694ebf6/plinth/store/driver"

// Kind is the type of a column's values. A kind has one Go representation, one JSON
// form and one order on both engines; registering a model fails for a Go type without a
// kind.
type Kind = driver.Kind

// The kinds of columns; package driver describes their forms.
const (
	KindText      = driver.KindText
	KindBool      = driver.KindBool
	KindInt       = driver.KindInt
	KindFloat     = driver.KindFloat
	KindDecimal   = driver.KindDecimal
	KindTimestamp = driver.KindTimestamp
	KindDate      = driver.KindDate
	KindUUID      = driver.KindUUID
	KindBytes     = driver.KindBytes
	KindJSON      = driver.KindJSON
	KindTextArray = driver.KindTextArray
)
