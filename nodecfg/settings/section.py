"""What every family of settings has in common: its variables, its problems, no way to leak a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, SecretStr, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, PydanticUndefined
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from nodecfg.errors import ConfigurationError, Problem, scrubbed, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

_OUR_FAULT = "nodecfg"


def setting(default: Any = PydanticUndefined, *, purpose: str, expected: str, example: str | None = None) -> Any:  # noqa: ANN401 pydantic's own Field is typed so
    """Declare a setting.

    Args:
        default: Value when the variable is absent or empty; left out when the variable is required.
        purpose: One line with the unit, for `.env.example` and the reference.
        expected: What a right value looks like, completes "set it to …".
        example: Value for `.env.example` when the default says too little.
    """
    return Field(default, description=purpose, json_schema_extra={"expected": expected, "example": example})


def fault(problem: str, fix: str) -> PydanticCustomError:
    """Return the error for a validator to raise. Neither text may hold the value of a secret."""
    return PydanticCustomError(_OUR_FAULT, "{problem}", {"problem": problem, "fix": fix})


class VariablesSource(PydanticBaseSettingsSource):
    """Takes a section's values out of a mapping of environment variables; an empty variable counts as absent.

    Names are matched exactly: upstream pydantic-settings would also take them in lower case.
    """

    def __init__(self, settings_cls: type[Section], variables: Mapping[str, str]) -> None:
        """Keep the mapping to read from."""
        super().__init__(settings_cls)
        self._section = settings_cls
        self._variables = variables

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the raw value of one field; never decoded as JSON here."""
        del field
        return self._variables.get(self._section.variable(field_name)) or None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return every value that is present."""
        values = ((name, self.get_field_value(field, name)[0]) for name, field in self._section.model_fields.items())
        return {name: value for name, value in values if value is not None}


class Section(BaseSettings):
    """One family of settings, read from the variables that share its prefix.

    Every way of building it (variables, keyword arguments) raises ConfigurationError with all problems, never
    pydantic's ValidationError, whose text may hold secrets.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, env_prefix="")

    title: ClassVar[str] = ""

    if not TYPE_CHECKING:

        def __init__(self, **values: Any) -> None:  # noqa: ANN401 pydantic checks them
            """Validate; every problem at once."""
            try:
                super().__init__(**values)
            except ValidationError as error:
                problems = [*_problems(type(self), error, values), *_partial_conflicts(type(self), error, values)]
            else:
                problems = list(self.conflicts({name: getattr(self, name) for name in type(self).model_fields}))
            if problems:
                # Outside of the except block: the chained ValidationError must not reach a traceback.
                raise ConfigurationError(scrubbed(problems, _secrets(type(self), values)))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing behind the caller's back: variables come in through from_variables only."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Section:
        """Build the section from environment variables.

        Raises:
            ConfigurationError: With every problem of the section.
        """
        return cls(**VariablesSource(cls, variables)())

    @classmethod
    def variable(cls, field_name: str) -> str:
        """Return the environment variable of a field."""
        return f"{cls.model_config['env_prefix']}{field_name}".upper()

    @classmethod
    def variables(cls) -> tuple[str, ...]:
        """Return the environment variables of all fields, in order."""
        return tuple(cls.variable(name) for name in cls.model_fields)

    @classmethod
    def secret_variables(cls) -> tuple[str, ...]:
        """Return the variables that hold secrets."""
        return tuple(cls.variable(name) for name, field in cls.model_fields.items() if is_secret(field))

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong between the fields; a field that is wrong by itself is absent from values."""
        del values
        yield from ()

    @classmethod
    def problem(cls, field_name: str, value: object, problem: str, fix: str) -> Problem:
        """Return a problem of one field, masked as the field demands."""
        return Problem(
            variable=cls.variable(field_name),
            value_masked=shown(_plain(value), secret=is_secret(cls.model_fields[field_name])),
            problem=problem,
            fix=fix,
        )


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a field holds a secret."""
    return "SecretStr" in str(field.annotation)


def expectation(field: FieldInfo) -> str:
    """Return what a right value of the field looks like."""
    extra = field.json_schema_extra
    return str(extra["expected"]) if isinstance(extra, dict) and "expected" in extra else "a valid value"


def _secrets(section: type[Section], values: Mapping[str, Any]) -> set[str]:
    return {
        str(_plain(values[name])) for name, field in section.model_fields.items() if is_secret(field) and name in values
    }


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _problems(section: type[Section], error: ValidationError, values: Mapping[str, Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for detail in error.errors(include_input=False, include_url=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        if name in seen:
            continue
        seen.add(name)
        field = section.model_fields.get(name)
        if field is None:
            yield Problem(
                variable=f"{section.__name__}({name}=…)",
                value_masked="********",
                problem="is not a setting",
                fix=f"use one of {', '.join(section.model_fields)}",
            )
            continue
        context = detail.get("ctx", {})
        if detail["type"] == _OUR_FAULT:
            problem, fix = str(context["problem"]), str(context["fix"])
        elif detail["type"] == "missing":
            problem, fix = "is missing", f"set it to {expectation(field)}"
        else:
            problem = detail["msg"].replace("Input should be", "should be").replace("Value error, ", "")
            fix = f"set it to {expectation(field)}"
        yield section.problem(name, values.get(name), problem, fix)


def _partial_conflicts(section: type[Section], error: ValidationError, values: Mapping[str, Any]) -> Iterator[Problem]:
    wrong = {str(detail["loc"][0]) for detail in error.errors(include_input=False, include_url=False) if detail["loc"]}
    right: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        if name in wrong:
            continue
        if name in values:
            kind: Any = field.annotation
            for constraint in field.metadata:
                kind = Annotated[kind, constraint]
            right[name] = TypeAdapter(kind).validate_python(values[name])
        else:
            right[name] = field.get_default(call_default_factory=True, validated_data=right)
    return section.conflicts(right)
