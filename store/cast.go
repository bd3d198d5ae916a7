package store

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/fault"
)

// castText is the normalised name of the cast to a JSON string.
const castText = "text"

// castNames maps the names of types in a cast to kinds.
var castNames = map[string]Kind{
	"text": KindText, "varchar": KindText,
	"int": KindInt, "int4": KindInt, "int8": KindInt, "integer": KindInt, "bigint": KindInt,
	"float8": KindFloat, "double precision": KindFloat,
	"numeric": KindDecimal, "decimal": KindDecimal,
	"bool": KindBool, "boolean": KindBool,
	"date": KindDate, "timestamptz": KindTimestamp,
	"uuid": KindUUID, "bytea": KindBytes, "json": KindJSON, "jsonb": KindJSON,
}

// parsedCasts are the casts of texts in documents to kinds: the name of the type,
// which package jsonb reads the text as. What is none fails the statement.
var parsedCasts = map[Kind]string{KindInt: "int8", KindFloat: "float8", KindDecimal: "numeric", KindBool: "bool"}

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
func castKind(col *Column, cast string) (Kind, string, error) {
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
	case to == KindText && from != KindTextArray:
		return from, castText, nil
	case from == KindInt && (to == KindFloat || to == KindDecimal):
		return from, "", nil
	case col.Place != nil && from == KindText && parsedCasts[to] != "":
		return to, parsedCasts[to], nil
	case from == KindBool && to == KindInt:
		return KindInt, "int", nil
	case from == KindTimestamp && to == KindDate:
		return KindDate, "date", nil
	}
	return 0, "", &fault.QueryError{Kind: fault.QueryNoCast, Reason: fmt.Sprintf("cannot cast column %s from %s to %s", col.Name, from, cast)}
}
