package store

import "fmt"

// castText is the normalised name of the cast whose result is a JSON string.
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

// castKind returns the kind of a column after a cast and the cast to write; an
// empty one where the value stays as it is. Only conversions that give the same
// bytes on both engines exist.
func castKind(col *Column, cast string) (Kind, string, error) {
	if cast == "" {
		return col.Kind, "", nil
	}
	to, ok := castNames[cast]
	if !ok {
		return 0, "", &QueryError{Code: "42704", Reason: fmt.Sprintf("type %q does not exist", cast)}
	}
	from := col.Kind
	switch {
	case from == to:
		return from, "", nil
	case to == KindText && from != KindTextArray:
		return from, castText, nil
	case from == KindInt && (to == KindFloat || to == KindDecimal):
		return from, "", nil
	case from == KindBool && to == KindInt:
		return KindInt, "int", nil
	case from == KindTimestamp && to == KindDate:
		return KindDate, "date", nil
	}
	return 0, "", &QueryError{Code: "42846", Reason: fmt.Sprintf("cannot cast column %s from %s to %s", col.Name, from, cast)}
}
