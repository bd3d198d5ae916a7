package api

// Entry is one entry of the dispatch table: a way to the store, and one place
// where rows show on it.
type Entry struct {
	Shape, Method, Part string
}

// Entries returns the dispatch table, one entry for each part of a route; a
// route without parts is one entry with an empty one.
func Entries() []Entry {
	var entries []Entry
	for _, rt := range routes() {
		shape := rt.shape.String() + rt.name
		if len(rt.parts) == 0 {
			entries = append(entries, Entry{Shape: shape, Method: rt.method})
		}
		for _, p := range rt.parts {
			entries = append(entries, Entry{Shape: shape, Method: rt.method, Part: string(p)})
		}
	}
	return entries
}
