"""Forms of the trail."""

from isms.core.fields import LinesField, Required
from isms.core.forms import Form
from isms.core.words import lazy_gettext


class ProposalForm(Form):
    """Why the details of an entry should be destroyed."""

    reason = LinesField(
        lazy_gettext("理由"),
        [Required()],
        description=lazy_gettext("消すべき内容そのものは書かないでください。この理由は記録に残ります。"),
        longest=1000,
    )


class DecisionForm(Form):
    """The second person's decision; its two buttons are the answer."""
