package pgrst

import "slices"

// names reads a list of columns, each at most once.
func (p *parser) names(what, value string) ([]string, error) {
	s := scanner{what: what, text: value}
	list := []string{}
	for {
		s.spaces()
		start := s.pos
		name, _, err := s.name()
		if err != nil {
			return nil, err
		}
		if slices.Contains(list, name) {
			return nil, s.unexpectedAt(start, "a column not named before")
		}
		if len(list) == p.lim.Columns {
			return nil, &LimitError{Limit: what, Max: p.lim.Columns, Unit: "columns"}
		}
		list = append(list, name)
		s.spaces()
		if s.eof() {
			return list, nil
		}
		if !s.accept(",") {
			return nil, s.unexpected(`"," or end of input`)
		}
	}
}
