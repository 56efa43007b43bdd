package tasks_test

import (
	"context"
	"fmt"
	"log"

	"finetune/tasks"
)

func Example() {
	task, err := tasks.Lookup("fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	d, err := task.Embedded()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Protocol)
	for _, e := range tasks.Limit(d.Test, 3) {
		fmt.Println(e.Path, d.Classes[e.Label])
	}
	// Output:
	// train on the 2,000 training images of a slice (validation: 200 of them), test on 1,000
	// test/00345.png Trouser
	// test/00413.png Pullover
	// test/00714.png T-shirt/top
}

// The folder has the official layout, or holds the folder that has it.
func ExampleOpen() {
	_, err := tasks.Open(context.Background(), "flowrs", "/data", tasks.Options{})
	fmt.Println(err)
	// Output:
	// tasks: unknown task "flowrs": want cars, fashion-mnist, flowers, folder, pets
}
