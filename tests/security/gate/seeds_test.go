package gate_test

import "slices"

// seeded is a fault planted in the gate, and the rows of the policy matrix that
// it turns red: these and no others.
type seeded struct {
	part string
	red  []string
}

// seeds lists every place where a guard is applied.
var seeds = []seeded{
	{"list", slices.Concat(
		append(
			on([]string{"list", "head"}, "hidden column", "column of admins"),
			"list of the first tenant", "list of a service without bypass", "list by membership", "list of what is public", "list all columns",
			"filter by a hidden column", "head list", "order by a hidden column",
			"rows without a related one in sight", "rows without a related one through a junction in sight",
			"a hidden relation makes no other one ambiguous", "hint of a hidden foreign key", "order by the hint of a hidden foreign key",
		),
		searched("words of one's own and of what is shared", "words of a colleague", "words by a service without bypass", "words that are not there", "either words",
			"words of a hidden column", "words of a hidden column by an admin", "no words of a hidden column", "words of two columns one of which is hidden",
			"words of columns one of which is hidden deep inside", "words of a column for admins", "words of two columns one of which is for admins",
			"words that no related row in sight has", "page of words"),
	)},
	{"single", append(
		on([]string{"row", "head row"}, "hidden column", "column of admins"),
		"row of a colleague", "row that is not published", "head row of a colleague", "update a row out of sight", "delete a row out of sight",
	)},
	{"embed", slices.Concat(
		append(
			on(everyWay(), "embed", "embed a hidden column", "spread", "spread a hidden column", "secret column", "order",
				"aggregate of an embed", "aggregate of a hidden column"),
			"filter by a hidden column of a relation", "filter by a relation", "filter by a relation that exists", "many to many from the other side", "embed by a hint",
			"rows without a related one in sight", "rows with a related one in sight", "rows without a related one by a hidden column",
		),
		on(everyWay(), "search of an embed", "fts of an embed", "search of an aggregate of an embed", "fts of an aggregate of an embed", "search of a hidden column of an embed"),
		searched("words of a hidden column of an embed", "words of a hidden column of an inner embed", "words of related rows", "words that no related row in sight has", "words through a junction"),
	)},
	{"junction", slices.Concat(
		append(
			on(everyWay(), "junction"), "filter through a junction", "embed by the hint of a junction",
			"rows without a related one through a junction in sight", "delete what has no related row in sight",
		),
		searched("words through a junction"),
	)},
	{"count", slices.Concat(
		[]string{"count", "head count", "count of groups", "count rows of a function", "head count rows of a function", "count rows of a called function"},
		searched("count of words", "planned count of words"),
	)},
	{"aggregate", slices.Concat(
		[]string{"sum", "groups", "head sum", "sum of nobody", "sum of a hidden column"},
		searched("sum of words", "groups of words", "sum by words of a hidden column"),
	)},
	{"returned", append(
		on([]string{"upsert", "put", "patch", "delete", "put row", "patch row", "delete row"}, "hidden column", "column of admins"),
		"insert out of sight", "insert CSV out of sight", "insert and return all columns", "update out of sight", "update and return all columns",
		"update a row and return all columns", "delete and return all columns", "delete a row and return all columns",
		"put out of sight", "put and return all columns", "put a row and return all columns",
	)},
	{"insert", []string{
		"insert", "insert for a colleague", "insert what only admins may", "insert by nobody", "insert by a service", "insert out of sight",
		"insert and return all columns", "insert into a junction for a row out of sight",
		"insert CSV", "insert CSV with a row for a colleague", "insert CSV with what only admins may", "insert CSV out of sight", "insert CSV by nobody",
		"insert a form", "insert a form for a colleague",
	}},
	{"update", slices.Concat(
		append(
			on([]string{"patch", "patch row"}, "hidden column", "column of admins"),
			"update by filter", "update in sight of another", "update to what only admins may", "update with a foreign key out of sight",
			"update out of sight", "update and return all columns", "update by a hidden column", "update by nobody", "update by nobody with relations",
			"update a row in sight of another", "update a row out of sight", "update a row and return all columns",
			"update a row with a foreign key out of sight",
		),
		searched("to patch what a colleague shares", "to patch what has a word", "of a hidden column to patch"),
	)},
	{"delete", slices.Concat(
		append(
			on([]string{"delete", "delete row"}, "hidden column", "column of admins"),
			"delete by filter", "delete what has no related row in sight", "delete in sight of another", "delete and return all columns", "delete by nobody", "delete by a member",
			"delete in an order", "delete a row in sight of another", "delete a row out of sight", "delete a row and return all columns",
		),
		searched("to delete what a colleague shares", "of a hidden column to delete"),
	)},
	{"upsert", []string{
		"upsert a row in sight", "upsert a row out of sight", "upsert by another key", "upsert CSV out of sight", "upsert a form out of sight",
		"put a row in sight", "put a row out of sight", "put a row in sight by its path", "put a row out of sight by its path",
	}},
	{"cursor", []string{"cursor", "head cursor"}},
	{"order", slices.Concat(
		append(
			on(everyWay(), "order by a hidden column"),
			append(on([]string{"list", "upsert", "put", "patch", "delete", "row", "put row", "patch row", "delete row", "get call", "call"}, "order"),
				"order by a relation", "order rows of a function by a relation", "order by a hidden column of a relation", "head order by a hidden column of a relation")...,
		),
		searched("order of words"),
	)},
	{"rpc", slices.Concat(
		append(
			on([]string{"get call", "head call", "call"}, "embed", "spread", "aggregate of an embed", "junction", "order", "hidden column", "column of admins"),
			"rows of a function", "row of a function", "rows of a function in its order", "count rows of a function",
			"head count rows of a function", "count rows of a called function",
			"filter rows of a function by a hidden column", "filter the row of a function by a hidden column",
		),
		on([]string{"get call", "head call", "call"}, "search of an embed", "fts of an embed", "search of an aggregate of an embed", "fts of an aggregate of an embed"),
		searched("words of rows of a function"),
	)},
	{"foreign-key", []string{
		"insert with a foreign key out of sight", "insert into a junction for a row out of sight", "upsert with a foreign key out of sight", "insert CSV with a foreign key out of sight",
		"update with a foreign key out of sight", "update a row with a foreign key out of sight",
		"put with a foreign key out of sight",
	}},
}

// on returns the names of probes on ways.
func on(ways []string, probes ...string) []string {
	var names []string
	for _, w := range ways {
		for _, p := range probes {
			names = append(names, w+" "+p)
		}
	}
	return names
}

// searched returns the names of rows of searches, in every operator.
func searched(rows ...string) []string { return on(searchOperators, rows...) }

func everyWay() []string {
	names := make([]string, len(ways))
	for i, w := range ways {
		names[i] = w.name
	}
	return names
}
