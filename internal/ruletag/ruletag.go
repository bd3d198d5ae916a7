// Package ruletag has the rules that the store checks itself: required of validate tags, which it
// parses, and enum of plinth tags. The validator parses the other rules.
package ruletag

import (
	"slices"
	"strconv"
	"strings"
)

// Required is the rule that a value must be present: not null, and not an empty text.
const Required = "required"

// Enum is the name of the rule that a column has one of the values of its enum.
const Enum = "enum"

// OneOf returns the text for a client that sends a value outside of an enum.
func OneOf(values []string) string {
	list := slices.Clone(values)
	for i, v := range list {
		if v == "" || strings.ContainsAny(v, ", ") {
			list[i] = strconv.Quote(v)
		}
	}
	return "must be one of: " + strings.Join(list, ", ")
}

// The texts for a client that sends no value.
const (
	Missing = "is required"
	Empty   = "must not be empty"
)

// Split removes required from a tag and returns the other rules. After dive it applies to
// each item and stays. The tag "-" has no rules.
func Split(tag string) (required bool, rest string) {
	if tag == "" || tag == "-" {
		return false, ""
	}
	rules := strings.Split(tag, ",")
	own := len(rules)
	if i := slices.Index(rules, "dive"); i >= 0 {
		own = i
	}
	kept := slices.DeleteFunc(slices.Clone(rules[:own]), func(r string) bool { return r == Required })
	return len(kept) < own, strings.Join(append(kept, rules[own:]...), ",")
}
