package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// fieldTag is a parsed plinth tag: options with commas between them.
type fieldTag struct {
	mode       Mode
	searchable bool
	noDefault  bool
	byDefault  bool
	enum       []string
	groups     []groupTag // index, unique and check
}

// groupTag is an option that can concern several columns: index, unique or check. It is
// resolved when all columns are known.
type groupTag struct {
	option   string
	argument string
	field    string // the name of the column it stands at; empty for the table
}

const (
	optionIndex  = "index"
	optionUnique = "unique"
	optionCheck  = "check"
)

var modes = map[string]Mode{"createonly": CreateOnly, "readonly": ReadOnly, "hidden": Hidden, "secret": Secret}

// errUnknownOption reports an option that does not exist, or has no argument and needs one.
var errUnknownOption = errors.New("want options out of createonly, readonly, hidden, secret, searchable, nodefault, generated=bydefault, enum=a|b, index, index=a|b, unique=a|b and check=a > 0")

// parseTag reads the plinth tag of a column.
func parseTag(tag, column string) (fieldTag, error) {
	var t fieldTag
	if tag == "" {
		return t, nil
	}
	options, err := splitQuoted(tag, ',')
	if err != nil {
		return t, fmt.Errorf("plinth tag %q: %w", tag, err)
	}
	for i, option := range options {
		err := t.add(option, column)
		if slices.Contains(options[:i], option) {
			err = fmt.Errorf("%s stands twice", option)
		}
		if err != nil {
			return t, fmt.Errorf("plinth tag %q: %w", tag, err)
		}
	}
	return t, nil
}

// add reads one option.
func (t *fieldTag) add(option, column string) error {
	name, argument, given := strings.Cut(option, "=")
	mode, known := modes[option]
	switch {
	case known && t.mode != ReadWrite:
		return fmt.Errorf("%s is a second mode", option)
	case known:
		t.mode = mode
	case option == "searchable":
		t.searchable = true
	case option == "nodefault":
		t.noDefault = true
	case option == "generated=bydefault":
		t.byDefault = true
	case name == "enum" && t.enum != nil:
		return fmt.Errorf("there is a second enum")
	case name == "enum" && given:
		var err error
		t.enum, err = parseEnum(argument)
		return err
	case option == optionIndex, (name == optionIndex || name == optionUnique || name == optionCheck) && strings.TrimSpace(argument) != "":
		t.groups = append(t.groups, groupTag{option: name, argument: argument, field: column})
	default:
		return errUnknownOption
	}
	return nil
}

// parseTableTag reads the plinth tag of bun.BaseModel: index, unique and check.
func parseTableTag(tag string) ([]groupTag, error) {
	t, err := parseTag(tag, "")
	if err != nil {
		return nil, err
	}
	if t.mode != ReadWrite || t.searchable || t.noDefault || t.byDefault || t.enum != nil {
		return nil, fmt.Errorf("plinth tag %q: a table takes index=a|b, unique=a|b and check=a > 0", tag)
	}
	return t.groups, nil
}

// parseEnum reads the values of an enum: words, or texts in single quotes.
func parseEnum(list string) ([]string, error) {
	parts, err := splitQuoted(list, '|')
	if err != nil {
		return nil, err
	}
	values := make([]string, 0, len(parts))
	for _, part := range parts {
		value, err := enumValue(part)
		if err != nil {
			return nil, err
		}
		if slices.Contains(values, value) {
			return nil, fmt.Errorf("enum has %s twice", quoteText(value))
		}
		values = append(values, value)
	}
	return values, nil
}

func enumValue(part string) (string, error) {
	value := part
	switch n := len(part); {
	case part == "":
		return "", fmt.Errorf("enum has an empty value: write it as ''")
	case n >= 2 && part[0] == '\'' && part[n-1] == '\'':
		if value = part[1 : n-1]; strings.Contains(strings.ReplaceAll(value, "''", ""), "'") {
			return "", fmt.Errorf("enum has %s: a quote in quotes is written twice", part)
		}
		value = strings.ReplaceAll(value, "''", "'")
	case strings.Contains(part, "'") || strings.TrimSpace(part) != part:
		return "", fmt.Errorf("enum has %q: put it in single quotes", part)
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return "", fmt.Errorf("enum has %q, which is no text of a database", part)
	}
	return value, nil
}

// splitQuoted splits a text at a separator outside of single quotes and parentheses.
func splitQuoted(text string, separator byte) (parts []string, err error) {
	start, depth, quoted := 0, 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == separator && depth == 0:
			parts, start = append(parts, text[start:i]), i+1
		}
	}
	if quoted {
		return nil, fmt.Errorf("a single quote has no end")
	}
	if depth != 0 {
		return nil, fmt.Errorf("the parentheses do not match")
	}
	return append(parts, text[start:]), nil
}
