package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"finetune/finetune"
	"finetune/tasks"
)

// A taskRow is a task in the table of tasks.
type taskRow struct {
	Name     string `json:"name"`
	Summary  string `json:"summary"`
	Classes  int    `json:"classes"` // Of the official data set; 0 if there is none.
	Train    int    `json:"train"`
	Test     int    `json:"test"`
	Folder   string `json:"folder"` // Where the data is looked for.
	Found    bool   `json:"found"`  // Whether that folder is there.
	Embedded bool   `json:"embedded"`
	Fetched  bool   `json:"fetched"` // Whether it is downloaded when it is not there.
	Layout   string `json:"layout"`
}

func newTasks() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "tasks [flags]",
		Short: "List the data sets to train on, and where they are looked for",
		Long: `tasks lists the data sets to train on. Without --data, each is looked for in a folder of its name
in the folder that FINETUNE_DATA names, else in the user's data folder.`,
		Example: `  finetune tasks
  FINETUNE_DATA=/data finetune tasks --json`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			rows, err := taskRows()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), rows)
			}
			return writeTasks(c.OutOrStdout(), rows)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write the table as JSON")
	return c
}

func taskRows() ([]taskRow, error) {
	var rows []taskRow
	for _, t := range tasks.All() {
		folder, err := tasks.CacheDir(t.Name)
		if err != nil {
			return nil, &finetune.DataError{Err: err}
		}
		info, err := os.Stat(folder)
		rows = append(rows, taskRow{
			Name: t.Name, Summary: t.Summary,
			Classes: t.Official.Classes, Train: t.Official.Train, Test: t.Official.Test,
			Folder: folder, Found: err == nil && info.IsDir(),
			Embedded: t.Embedded != nil, Fetched: len(t.Archives) > 0, Layout: t.Layout,
		})
	}
	return rows, nil
}

func writeTasks(w io.Writer, rows []taskRow) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "TASK\tCLASSES\tTRAIN\tTEST\tDATA\tFOLDER")
	for _, r := range rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, orDash(r.Classes), orDash(r.Train), orDash(r.Test), r.data(), r.Folder)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, r := range rows {
		fmt.Fprintf(w, "%-14s %s\n%-14s holds %s\n", r.Name, r.Summary, "", r.Layout)
	}
	return nil
}

// data says where the data of the task would come from.
func (r taskRow) data() string {
	switch {
	case r.Found:
		return "found"
	case r.Embedded:
		return "slice in the binary"
	case r.Fetched:
		return "fetched when needed"
	}
	return "give --data"
}

func orDash(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n)
}
