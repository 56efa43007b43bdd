package finetune

import "time"

// A Kind says what an Event tells.
type Kind int

// The kinds of events.
const (
	// KindStart comes once, when data and model are open: Message names them,
	// and Epochs, Steps and Run are set.
	KindStart Kind = iota
	// KindFetching tells how far a download is: Step bytes of Steps (0 if that is
	// not known) of the file Message.
	KindFetching
	// KindStep follows every training step.
	KindStep
	// KindEpoch follows every epoch; loss and accuracy are means over it.
	KindEpoch
	// KindEvaluating tells how far an evaluation is: Step images of Steps.
	KindEvaluating
	// KindEvaluation follows an evaluation; Evaluation is set, and Message says
	// of what ("before training", "test split", "validation split").
	KindEvaluation
	// KindNotice is something that the user should read: Message.
	KindNotice
)

// An Event tells an Observer how a run goes on. Fields that a kind does not
// speak of are zero.
type Event struct {
	Kind    Kind
	Message string
	Run     string // Run folder; at KindStart.

	Epoch, Epochs int // Epoch counts from 1.
	Step, Steps   int // Step counts from 1 over the whole run.

	Loss            float64 // Mean loss at the unperturbed weights.
	Accuracy        float64 // Training accuracy in [0, 1], from the logits of the clean pass.
	LearningRate    float64
	Rho             float64 // 0 while the base optimizer runs alone.
	GradNorm        float64 // Global 2-norm of the clean gradient, before clipping.
	ImagesPerSecond float64
	DataWait        float64 // Share in [0, 1] of the time spent waiting for data.
	ETA             time.Duration

	Evaluation *Evaluation
}

// An Observer is told of every Event, in order, by the goroutine of the run; a
// slow one slows the run. A nil Observer is allowed.
type Observer func(Event)

func (o Observer) tell(e Event) {
	if o != nil {
		o(e)
	}
}

func (o Observer) notice(message string) { o.tell(Event{Kind: KindNotice, Message: message}) }

func (o Observer) fetching(file string, done, total int64) {
	o.tell(Event{Kind: KindFetching, Message: file, Step: int(done), Steps: int(total)})
}
