package sqlgen

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// CastText is the normalised name of the cast to a JSON string.
const CastText = "text"

// castNames maps the names of types in a cast to kinds.
var castNames = map[string]driver.Kind{
	"text": driver.KindText, "varchar": driver.KindText,
	"int": driver.KindInt, "int4": driver.KindInt, "int8": driver.KindInt, "integer": driver.KindInt, "bigint": driver.KindInt,
	"float8": driver.KindFloat, "double precision": driver.KindFloat,
	"numeric": driver.KindDecimal, "decimal": driver.KindDecimal,
	"bool": driver.KindBool, "boolean": driver.KindBool,
	"date": driver.KindDate, "timestamptz": driver.KindTimestamp,
	"uuid": driver.KindUUID, "bytea": driver.KindBytes, "json": driver.KindJSON, "jsonb": driver.KindJSON,
}

// parsedCasts are the casts of texts in documents to kinds: the name of the type,
// which package jsonb reads the text as. What is none fails the statement.
var parsedCasts = map[driver.Kind]string{driver.KindInt: "int8", driver.KindFloat: "float8", driver.KindDecimal: "numeric", driver.KindBool: "bool"}

// parsedForms are the conditions under which PostgreSQL may read the text v as
// a type: it knows other spellings, which only it would take.
var parsedForms = map[string]string{
	"int8":    `length(v) <= 400 and v ~ '^-?[0-9]+$'`,
	"float8":  `length(v) <= 400 and v ~ '^-?[0-9]+([.][0-9]+)?$'`,
	"numeric": `length(v) <= 400 and v ~ '^-?[0-9]+([.][0-9]+)?$'`,
	"bool":    `v in ('true', 'false')`,
}

// castKind returns the kind of a column after a cast and the cast to write; an empty
// one if the value is unchanged. Only conversions that give the same bytes on both
// engines exist.
func castKind(col *schema.Column, cast string) (driver.Kind, string, error) {
	if cast == "" {
		return col.Kind, "", nil
	}
	to, ok := castNames[cast]
	if !ok {
		return 0, "", &fault.QueryError{Kind: fault.QueryUnknownType, Reason: fmt.Sprintf("type %q does not exist", cast)}
	}
	from := col.Kind
	switch {
	case from == to:
		return from, "", nil
	case to == driver.KindText && from != driver.KindTextArray:
		return from, CastText, nil
	case from == driver.KindInt && (to == driver.KindFloat || to == driver.KindDecimal):
		return from, "", nil
	case col.Place != nil && from == driver.KindText && parsedCasts[to] != "":
		return to, parsedCasts[to], nil
	case from == driver.KindBool && to == driver.KindInt:
		return driver.KindInt, "int", nil
	case from == driver.KindTimestamp && to == driver.KindDate:
		return driver.KindDate, "date", nil
	}
	return 0, "", &fault.QueryError{Kind: fault.QueryNoCast, Reason: fmt.Sprintf("cannot cast column %s from %s to %s", col.Name, from, cast)}
}
