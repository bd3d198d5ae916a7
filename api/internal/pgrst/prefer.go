package pgrst

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/httpheader"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// Return says what a write answers with.
type Return uint8

// What a write answers with. Without a preference it is nothing, as with
// ReturnMinimal.
const (
	ReturnDefault Return = iota
	ReturnMinimal
	ReturnHeadersOnly
	ReturnRepresentation
)

// Resolution says what an insert does with a row if its key already exists.
type Resolution uint8

// Values of [Resolution]. Without a preference an insert of an existing key fails.
const (
	ResolutionNone Resolution = iota
	MergeDuplicates
	IgnoreDuplicates
)

// Missing says what a column gets that some rows of an insert have and others
// have not. Without a preference it is NULL.
type Missing uint8

// What an absent column gets.
const (
	MissingNone Missing = iota
	MissingNull
	MissingDefault
)

// Prefer is what the Prefer headers of a request ask for (RFC 7240). The zero
// value asks for nothing.
type Prefer struct {
	Return     Return
	Resolution Resolution
	Missing    Missing

	// Count asks for the exact number of rows; planned and estimated counts
	// are exact too.
	Count bool

	// Strict and Lenient are the two values of handling. Under the first,
	// preferences that are unknown or not supported are refused.
	Strict, Lenient bool

	// Bounded says that max-affected was given, and MaxAffected how many rows
	// a write may touch. It only holds under Strict.
	Bounded     bool
	MaxAffected int
}

// maxHeader is how many bytes of one request header are read, all its lines
// together.
const maxHeader = 4096

// headerSize fails where the lines of a header are longer than is sensible.
func headerSize(name string, lines []string) error {
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	if size > maxHeader {
		return &LimitError{Limit: "header " + name, Max: maxHeader, Unit: "bytes"}
	}
	return nil
}

// ParsePrefer reads the Prefer headers. The first preference of a kind counts.
// Those that are unknown are ignored, as RFC 7240 section 2 demands, unless the
// client asks for strict handling.
func ParsePrefer(header http.Header) (Prefer, error) {
	var p preferences
	lines := header["Prefer"]
	if len(lines) == 0 {
		return p.Prefer, nil
	}
	if err := headerSize("Prefer", lines); err != nil {
		return p.Prefer, err
	}
	for _, line := range lines {
		for line != "" {
			var item string
			item, line = httpheader.Cut(line, ',')
			item = strings.Trim(item, " \t")
			if item != "" && !p.add(item) {
				p.invalid = append(p.invalid, shortenHeader(item))
			}
		}
	}
	if p.Strict && len(p.invalid) > 0 {
		return Prefer{}, &problem.Error{
			Code:    problem.BadPreference,
			Message: "Invalid preferences given with handling=strict",
			Details: "Invalid preferences: " + strings.Join(p.invalid, ", "),
		}
	}
	return p.Prefer, nil
}

// preferences collects what a request prefers, and what of it is not honoured.
type preferences struct {
	Prefer
	invalid []string
}

// add records a preference and reports whether it is known. A later preference of the
// same kind is known but has no effect.
func (p *preferences) add(item string) bool {
	item, _ = httpheader.Cut(item, ';')
	name, value, _ := strings.Cut(item, "=")
	name, value = strings.ToLower(strings.Trim(name, " \t")), strings.Trim(value, ` 	"`)
	switch name + "=" + value {
	case "return=minimal":
		first(&p.Return, ReturnMinimal)
	case "return=headers-only":
		first(&p.Return, ReturnHeadersOnly)
	case "return=representation":
		first(&p.Return, ReturnRepresentation)
	case "resolution=merge-duplicates":
		first(&p.Resolution, MergeDuplicates)
	case "resolution=ignore-duplicates":
		first(&p.Resolution, IgnoreDuplicates)
	case "missing=default":
		first(&p.Missing, MissingDefault)
	case "missing=null":
		first(&p.Missing, MissingNull)
	case "count=exact", "count=planned", "count=estimated":
		p.Count = true
	case "handling=strict":
		p.Strict = !p.Lenient
	case "handling=lenient":
		p.Lenient = !p.Strict
	default:
		return name == "max-affected" && p.bound(value)
	}
	return true
}

// bound notes the value of max-affected.
func (p *preferences) bound(value string) bool {
	n, ok := position(value)
	if ok && !p.Bounded {
		p.Bounded, p.MaxAffected = true, n
	}
	return ok
}

// first sets a preference that was not set before.
func first[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Applied returns the value of Preference-Applied for a request of a method for
// a path of a shape: what of the preferences had a meaning for it, or "".
func (p Prefer) Applied(method string, shape Shape) string {
	if p == (Prefer{}) {
		return ""
	}
	reads := Reads(method)
	makes := (method == http.MethodPost || method == http.MethodPut) && shape != ShapeCall
	var all string // most requests have one
	add := func(applied bool, text string) {
		if applied && all != "" {
			text = all + ", " + text
		}
		if applied {
			all = text
		}
	}
	if method == http.MethodPost && makes {
		add(p.Resolution == MergeDuplicates, "resolution=merge-duplicates")
		add(p.Resolution == IgnoreDuplicates, "resolution=ignore-duplicates")
	}
	if makes {
		add(p.Missing == MissingDefault, "missing=default")
		add(p.Missing == MissingNull, "missing=null")
	}
	if !reads {
		add(p.Return == ReturnMinimal, "return=minimal")
		add(p.Return == ReturnHeadersOnly, "return=headers-only")
		add(p.Return == ReturnRepresentation, "return=representation")
	}
	add(p.Count && shape != ShapeRow, "count=exact")
	add(p.Strict, "handling=strict")
	add(p.Lenient, "handling=lenient")
	if p.Strict && p.Bounded && !reads && !makes {
		add(true, "max-affected="+strconv.Itoa(p.MaxAffected))
	}
	return all
}
