package openapi

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/ruletag"
)

// formats are the rules of validate tags that a format of JSON Schema stands for.
var formats = map[string]string{
	"email": "email", "url": "uri", "uri": "uri", "http_url": "uri", "uuid": "uuid", "hostname": "hostname",
	"ipv4": "ipv4", "ipv6": "ipv6",
}

// isRequired reports whether a validate tag asks for a value.
func isRequired(tag string) bool {
	required, _ := ruletag.Split(tag)
	return required
}

// applyRules adds to a schema what a validate tag says as far as JSON Schema can
// say the same. A rule it cannot say is left out, never made stricter: of
// alternatives nothing is said, and of values that may also be empty how long they
// may be.
func applyRules(s *Schema, tag string) {
	rules, optional := strings.Split(tag, ","), false
	for i, rule := range rules {
		name, argument, _ := strings.Cut(rule, "=")
		switch {
		case name == "dive":
			if s.Items != nil {
				item := *s.Items
				applyRules(&item, strings.Join(rules[i+1:], ","))
				s.Items = &item
			}
			return
		case name == "omitempty":
			optional = true
		case strings.Contains(rule, "|"):
		case optional:
			applyUpper(s, name, argument)
		default:
			applyRule(s, name, argument)
		}
	}
}

func applyRule(s *Schema, name, argument string) {
	if len(s.Type) == 0 {
		return
	}
	switch s.Type[0] {
	case "string":
		applyText(s, name, argument)
	case "integer", "number":
		applyNumber(s, name, argument)
	case "array":
		applyLength(name, argument, &s.MinItems, &s.MaxItems)
	}
}

// applyUpper bounds the length of what may also be empty.
func applyUpper(s *Schema, name, argument string) {
	switch name {
	case "len":
		name = "max"
	case "max", "lte", "lt":
	default:
		return
	}
	if len(s.Type) > 0 && s.Type[0] != "integer" && s.Type[0] != "number" {
		applyRule(s, name, argument)
	}
}

func applyText(s *Schema, name, argument string) {
	switch {
	case s.Format != "" || s.Pattern != "": // dates and the like compare by value
	case name == ruletag.Required:
		if s.MinLength == nil {
			s.MinLength = count(1)
		}
	case name == "oneof":
		for _, word := range words.FindAllString(argument, -1) {
			s.Enum = append(s.Enum, json.RawMessage(jsonText(strings.Trim(word, "'"))))
		}
	case formats[name] != "":
		s.Format = formats[name]
	default:
		applyLength(name, argument, &s.MinLength, &s.MaxLength)
	}
}

// words are the values of oneof: words, or quoted text.
var words = regexp.MustCompile(`'[^']*'|\S+`)

// applyLength bounds the length of a text or a list.
func applyLength(name, argument string, least, most **int) {
	n, err := strconv.Atoi(argument)
	if err != nil || n < 0 {
		return
	}
	switch name {
	case "min", "gte":
		*least = count(n)
	case "max", "lte":
		*most = count(n)
	case "gt":
		*least = count(n + 1)
	case "lt":
		*most = count(max(0, n-1))
	case "len":
		*least, *most = count(n), count(n)
	}
}

func applyNumber(s *Schema, name, argument string) {
	if _, err := strconv.ParseFloat(argument, 64); err != nil || !json.Valid([]byte(argument)) {
		return
	}
	n := json.Number(argument)
	switch name {
	case "min", "gte":
		s.Minimum = n
	case "max", "lte":
		s.Maximum = n
	case "gt":
		s.ExclusiveMinimum, s.Minimum = n, ""
	case "lt":
		s.ExclusiveMaximum, s.Maximum = n, ""
	}
}
