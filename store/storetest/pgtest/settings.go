package pgtest

// settingsOf returns the server settings of a test server. Without fsync a crash of the machine may lose what was committed; a crash
// of the server alone does not.
func settingsOf(fsync bool) []string {
	settings := []string{"max_connections=300", "log_min_messages=fatal"}
	if fsync {
		return settings
	}
	return append(settings, "fsync=off", "full_page_writes=off")
}

// asFlags turns settings into arguments of the postgres command.
func asFlags(settings []string) []string {
	var flags []string
	for _, s := range settings {
		flags = append(flags, "-c", s)
	}
	return flags
}
