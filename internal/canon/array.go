package canon

import "strings"

// ParseTextArray reads an array of texts of one dimension as PostgreSQL writes
// it: {a,"b c",d}. NULL inside is refused, because []string has none.
func ParseTextArray(s string) ([]string, error) {
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return nil, ErrSyntax
	}
	list := []string{}
	rest := strings.TrimSpace(s[1 : len(s)-1])
	for more := rest != ""; more; {
		item, tail, err := arrayItem(rest)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
		rest, more = strings.CutPrefix(tail, ",")
		if !more && tail != "" {
			return nil, ErrSyntax
		}
	}
	return list, nil
}

// arrayItem reads one item and returns what is behind it.
func arrayItem(s string) (item, rest string, err error) {
	s = strings.TrimLeft(s, " ")
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexByte(s, ',')
		if end < 0 {
			end = len(s)
		}
		item = strings.TrimRight(s[:end], " ")
		if item == "" || strings.ContainsAny(item, `{}"\`) || strings.EqualFold(item, "null") {
			return "", "", ErrSyntax
		}
		return item, s[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), strings.TrimLeft(s[i+1:], " "), nil
		case '\\':
			i++
			if i == len(s) {
				return "", "", ErrSyntax
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", ErrSyntax
}
