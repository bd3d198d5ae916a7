package pgrst

import "strings"

// ParseArray reads an array of one dimension as PostgreSQL writes it:
// {a,"b, c",NULL}. A nil element is NULL. Elements without quotes lose the spaces
// around them and have no backslashes.
func ParseArray(text string, lim Limits) ([]*string, error) {
	lim.setDefaults()
	s := scanner{what: "array", text: text}
	s.spaces()
	if !s.accept("{") {
		return nil, s.unexpected(`"{"`)
	}
	list := []*string{}
	s.spaces()
	for closed := s.accept("}"); !closed; closed = s.accept("}") {
		if len(list) > 0 && !s.accept(",") {
			return nil, s.unexpected(`"," or "}"`)
		}
		if len(list) == lim.In {
			return nil, &LimitError{Limit: "array", Max: lim.In, Unit: "elements"}
		}
		element, err := s.arrayElement()
		if err != nil {
			return nil, err
		}
		list = append(list, element)
	}
	if s.spaces(); !s.eof() {
		return nil, s.unexpected("end of input")
	}
	return list, nil
}

// arrayElement reads one element of an array and the spaces around it.
func (s *scanner) arrayElement() (element *string, err error) {
	s.spaces()
	start := s.pos
	if s.has(`"`) {
		text, ok := s.quoted()
		if !ok {
			return nil, s.unexpectedAt(start, "quoted element")
		}
		s.spaces()
		return &text, nil
	}
	for !s.eof() && !strings.ContainsRune(`,{}"\`, rune(s.peek())) {
		s.pos++
	}
	text := strings.TrimRight(s.text[start:s.pos], " ")
	if text == "" {
		return nil, s.unexpected("element")
	}
	if strings.EqualFold(text, "null") {
		return nil, nil //nolint:nilnil // NULL
	}
	return &text, nil
}
