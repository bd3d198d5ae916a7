package problem

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// decide returns the error that decides how err is answered, with its code. It is nil for
// an error without one.
func decide(err error) Coded {
	switch e := fault.Deciding(err).(type) {
	case nil:
		return nil
	case Coded:
		return e
	default:
		return ofStore(e)
	}
}

// Code returns the code by which an error is answered, or "" for an error without one.
func Code(err error) string {
	if coded := decide(err); coded != nil {
		return coded.Problem()
	}
	return ""
}

// Invalid returns the error for values that break validation rules.
func Invalid(message string, fields []fault.FieldError) *Error {
	e := &Error{Code: Validation, Message: message, Details: fault.DescribeFields(fields)}
	if len(fields) == 0 {
		return e
	}
	list := make([]fieldError, len(fields))
	for i, f := range fields {
		list[i] = fieldError(f)
	}
	e.FieldsJSON = marshal(list)
	return e
}

// fieldError is a [fault.FieldError] on the wire.
type fieldError struct {
	Column string `json:"column"`
	Rule   string `json:"rule"`
	Text   string `json:"message"`
}

// candidate is a [fault.RelationCandidate] on the wire.
type candidate struct {
	Cardinality  string `json:"cardinality"`
	Embedding    string `json:"embedding"`
	Relationship string `json:"relationship"`
	Name         string `json:"-"`
}

// marshal encodes strings, which cannot fail.
func marshal(v any) json.RawMessage {
	text, _ := json.Marshal(v)
	return text
}

// ofStore returns the answer to an error of the store. One without a row here is a mistake
// of the program, or only operators can mend it.
func ofStore(err error) *Error {
	switch e := err.(type) {
	case *fault.ConstraintError:
		return violated(e)
	case *fault.ValidationError:
		return Invalid("the row does not pass validation", e.Fields)
	case *fault.ValueError:
		return &Error{Code: valueCodes[e.Kind], Message: e.Column + ": " + e.Reason}
	case *fault.QueryError:
		return &Error{Code: queryCodes[e.Kind], Message: e.Reason}
	case *fault.BodyError:
		return &Error{Code: BadBody, Message: e.Reason}
	case *fault.LimitError:
		return &Error{Code: LimitExceeded, Message: fmt.Sprintf("limit exceeded: at most %d %s", e.Limit, e.Name), Hint: e.Hint}
	case *fault.CardinalityError:
		return &Error{Code: NotSingular, Message: "Cannot coerce the result to a single JSON object", Details: fmt.Sprintf("The result contains %d rows", e.Rows)}
	case *fault.MaxAffectedError:
		return &Error{Code: MaxAffected, Message: "Query result exceeds max-affected preference constraint", Details: fmt.Sprintf("The query affects %d rows", e.Rows)}
	case *fault.ReadOnlyColumnError:
		if e.Preset {
			return &Error{Code: Denied, Message: fmt.Sprintf("column %s is set from the caller and must not have another value", e.Column), Hint: "Leave the column out."}
		}
		return &Error{Code: NotWritable, Message: fmt.Sprintf("column %s cannot be written", e.Column), Hint: "Leave the column out."}
	case *fault.UnknownTableError:
		return noTable(e)
	case *fault.UnknownColumnError:
		return noColumn(e)
	case *fault.UnknownRelationError:
		return noRelation(e)
	case *fault.AmbiguousRelationError:
		return ambiguous(e)
	}
	for _, s := range sentinels {
		if s.err == err {
			return &Error{Code: s.code}
		}
	}
	return &Error{Code: Internal}
}

// sentinels are the errors without fields.
//
// a constant that the language cannot express
var sentinels = []struct {
	err  error
	code string
}{
	{fault.ErrNotFound, NotFound},
	{fault.ErrConflict, Serialization},
	{fault.ErrStale, PreconditionFailed},
	{fault.ErrDenied, Denied},
	{fault.ErrUnavailable, DatabaseClient},
	{fault.ErrBusy, Unavailable},
	{fault.ErrTimeout, StatementTimeout},
	{fault.ErrTooLarge, LimitExceeded},
	{fault.ErrReadOnlyTable, UnknownMethod},
	{fault.ErrOutOfRange, NumericOutOfRange},
	{fault.ErrReceiptBusy, Conflict},
}

// valueCodes and queryCodes map the kinds of the two errors.
//
// constants that the language cannot express
var (
	valueCodes = map[fault.ValueErrorKind]string{
		fault.ValueMalformed:     InvalidText,
		fault.ValueOutOfRange:    NumericOutOfRange,
		fault.ValueBadTime:       InvalidDatetime,
		fault.ValueTimeRange:     "22008",
		fault.ValueBadCharacter:  "22021",
		fault.ValueWrongKind:     "42804",
		fault.ValueBadPattern:    "22025",
		fault.ValueBadRegexp:     "2201B",
		fault.ValueBadSearch:     "22023",
		fault.ValueBadTSQuery:    "42601",
		fault.ValueUnknownConfig: "42704",
	}
	queryCodes = map[fault.QueryErrorKind]string{
		fault.QueryMalformed:     BadQuery,
		fault.QueryUnsupported:   NotImplemented,
		fault.QueryNoAggregates:  AggregatesOff,
		fault.QueryNotGrouped:    "42803",
		fault.QueryUnknownType:   "42704",
		fault.QueryNoCast:        "42846",
		fault.QueryOrderToMany:   OrderNotToOne,
		fault.QueryNegativeRange: "2201W",
		fault.QueryBadCursor:     BadCursor,
		fault.QueryNoUnique:      "42P10",
		fault.QueryRowTwice:      CardinalityViolation,
	}
)

// violated returns the answer to a write that violates a constraint.
func violated(e *fault.ConstraintError) *Error {
	columns := strings.Join(e.Columns, ", ")
	switch e.Kind {
	case fault.Unique:
		return &Error{Code: Unique, Message: "duplicate key value violates a unique constraint", Details: formatKnown("Key (%s) already exists.", columns)}
	case fault.ForeignKey:
		p := &Error{Code: ForeignKey, Message: "insert, update or delete violates a foreign key", Details: formatKnown("Key (%s) has no matching row, or is still referenced.", columns)}
		if columns == "" { // The error of a delete names neither a column nor the referring tables.
			p.Details = "The row is still referenced, or has no matching row."
		}
		return p
	case fault.NotNull:
		p := &Error{Code: NotNull, Message: "null value violates a not-null constraint", Details: formatKnown("Column %s must not be null.", columns)}
		if e.Unmapped != "" {
			p.Details = formatKnown("Column %s must not be null, and the model has no field for it.", e.Unmapped)
			p.Hint = "The command \"migrate diff\" prints the SQL that mends the table."
		}
		return p
	}
	return &Error{Code: Check, Message: "new row violates a check constraint", Details: formatKnown("The check of (%s) failed.", columns)}
}

// formatKnown formats columns, or returns "" if there are none that the caller can know.
func formatKnown(format, columns string) string {
	if columns == "" {
		return ""
	}
	return fmt.Sprintf(format, columns)
}

// noTable returns the answer to a name that is no table, in PostgREST's words, as the
// following ones do.
func noTable(e *fault.UnknownTableError) *Error {
	p := Errorf(UnknownTable, "Could not find the table 'public.%s' in the schema cache", e.Table)
	if e.Near != "" {
		p.Hint = fmt.Sprintf("Perhaps you meant the table 'public.%s'", e.Near)
	}
	return p
}

// noColumn returns the answer to a name that is no column of a table.
func noColumn(e *fault.UnknownColumnError) *Error {
	p := Errorf(UndefinedColumn, "column %s.%s does not exist", e.Table, errtext.Quote(e.Column))
	if e.Payload {
		p = Errorf(UnknownColumn, "Could not find the '%s' column of '%s' in the schema cache", errtext.Quote(e.Column), e.Table)
	}
	if e.Near != "" {
		p.Hint = fmt.Sprintf("Perhaps you meant to reference the column \"%s.%s\".", e.Table, e.Near)
	}
	return p
}

// noRelation returns the answer to a name that is no relation of a table.
func noRelation(e *fault.UnknownRelationError) *Error {
	name, by, hinted := strings.Cut(e.Relation, "!")
	name = errtext.Quote(name)
	p := Errorf(NoRelation, "Could not find a relationship between '%s' and '%s' in the schema cache", e.Table, name)
	p.Details = fmt.Sprintf("Searched for a foreign key relationship between '%s' and '%s'", e.Table, name)
	if hinted {
		p.Details += fmt.Sprintf(" using the hint '%s'", errtext.Quote(by))
	}
	p.Details += " in the schema 'public', but no matches were found."
	if e.Near != "" {
		p.Hint = fmt.Sprintf("Perhaps you meant '%s' instead of '%s'.", e.Near, errtext.Quote(e.Relation))
	}
	return p
}

// ambiguous returns the answer to a name that several relations of a table have.
func ambiguous(e *fault.AmbiguousRelationError) *Error {
	name, _, _ := strings.Cut(e.Relation, "!")
	choices := make([]string, len(e.Candidates))
	list := make([]candidate, len(e.Candidates))
	for i, c := range e.Candidates {
		choices[i], list[i] = "'"+c.Name+"'", candidate(c)
	}
	p := Errorf(AmbiguousRelation, "Could not embed because more than one relationship was found for '%s' and '%s'", e.Table, name)
	p.Hint = fmt.Sprintf("Try changing '%s' to one of the following: %s. Find the desired relationship in the 'details' key.", name, strings.Join(choices, ", "))
	p.DetailsJSON = marshal(list)
	return p
}
