package pgrst

import (
	"errors"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// ParseForm reads a body of application/x-www-form-urlencoded: the names and
// values of its fields, in order. It is as strict as the query string is.
func ParseForm(body string, lim Limits) (names, values []string, err error) {
	for pair := range strings.SplitSeq(body, "&") {
		if pair == "" {
			continue
		}
		if len(names) == lim.Fields {
			return nil, nil, &LimitError{Limit: "form", Max: lim.Fields, Unit: "fields"}
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := decode(rawName, true)
		if err != nil {
			return nil, nil, formError(err)
		}
		value, err := decode(rawValue, true)
		if err != nil {
			return nil, nil, formError(err)
		}
		names, values = append(names, name), append(values, value)
	}
	return names, values, nil
}

// formError says that what could not be decoded stands in the body.
func formError(err error) error {
	if e, ok := errors.AsType[*problem.Error](err); ok {
		return badBody("Invalid form", e.Details)
	}
	return err
}
