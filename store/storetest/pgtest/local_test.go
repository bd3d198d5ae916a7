package pgtest

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func TestFindPrograms(t *testing.T) {
	t.Parallel()
	full := func(dirs ...string) []string {
		var files []string
		for _, dir := range dirs {
			files = append(files, dir+"/initdb", dir+"/postgres", dir+"/pg_ctl")
		}
		return files
	}
	debian := func(release string) string { return "/usr/lib/postgresql/" + release + "/bin" }
	tests := []struct {
		name   string
		files  []string
		inPath string // the folder PATH consists of
		bindir string // what pg_config says, "" for no pg_config
		want   string
	}{
		{name: "Path", files: full("/opt/pg/bin", debian("17")), inPath: "/opt/pg/bin", want: "/opt/pg/bin"},
		{name: "PathLacksServer", files: append(full(debian("17")), "/bin/initdb"), inPath: "/bin", want: debian("17")},
		{name: "NewestByNumber", files: full(debian("9"), debian("15"), debian("10")), want: debian("15")},
		{name: "NewestIsClientOnly", files: append(full(debian("15")), debian("17")+"/pg_ctl"), want: debian("15")},
		{name: "PgConfig", files: full("/srv/pg/bin"), bindir: "/srv/pg/bin", want: "/srv/pg/bin"},
		{name: "PgConfigOfClient", files: []string{"/srv/pg/bin/psql"}, bindir: "/srv/pg/bin"},
		{name: "Nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := findPrograms(lookup{
				path: func(program string) (string, error) {
					if !filepath.IsAbs(program) {
						program = filepath.Join(tt.inPath, program)
					}
					if slices.Contains(tt.files, program) {
						return program, nil
					}
					return "", exec.ErrNotFound
				},
				glob: func(pattern string) ([]string, error) {
					var dirs []string
					for _, file := range tt.files {
						if ok, _ := filepath.Match(pattern, filepath.Dir(file)); ok {
							dirs = append(dirs, filepath.Dir(file))
						}
					}
					return slices.Compact(dirs), nil
				},
				bindir: func() (string, error) {
					if tt.bindir == "" {
						return "", exec.ErrNotFound
					}
					return tt.bindir, nil
				},
			})
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
