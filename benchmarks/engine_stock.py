"""The stock way: SpiffWorkflow with its own serializer, restored before each step, rows through SQLAlchemy's ORM."""

from __future__ import annotations

import logging
import re
import time

import sqlalchemy as sa
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """The tables that a first version would have."""


class StockCase(Base):
    """A case with everything in one text."""

    __tablename__ = "stock_cases"
    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)
    body: Mapped[str] = mapped_column(sa.Text)


class StockTask(Base):
    """A task for the inbox."""

    __tablename__ = "stock_tasks"
    id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_cases.id"), index=True)
    element: Mapped[str] = mapped_column(sa.String(120))
    state: Mapped[str] = mapped_column(sa.String(12), index=True)


class StockEvent(Base):
    """One line of history."""

    __tablename__ = "stock_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_cases.id"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)


def flag_names(xml: bytes) -> list[str]:
    """The names that conditions look up."""
    return sorted(set(re.findall(rb"<bpmn:conditionExpression[^>]*>([^<]+)<".decode(), xml.decode())))


class Stock:
    """One process, its parser's result kept, cases run to their end."""

    def __init__(self, engine: sa.Engine, xml: bytes, flags: dict[str, bool]) -> None:
        logging.getLogger("spiff").setLevel(logging.WARNING)
        self.engine, self.flags, self.largest = engine, flags, 0
        Base.metadata.create_all(engine)
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(_quoted(xml)))
        main = next(p for p in parser.get_process_ids() if p.startswith("P_"))
        self.spec, self.subs = parser.get_spec(main), parser.get_subprocess_specs(main)
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())

    def case(self) -> list[tuple[float, float]]:
        """One case; wall and processor seconds of each step."""
        case = BpmnWorkflow(self.spec, self.subs)
        case.data.update(self.flags)
        for task in case.get_tasks(state=TaskState.READY):
            task.data.update(self.flags)
        case.do_engine_steps()
        with Session(self.engine.execution_options(govflow_write=True)) as session:
            row = StockCase(body=self.serializer.serialize_json(case))
            session.add(row)
            session.flush()
            self._tasks(session, row.id, case)
            session.commit()
            number = row.id
        steps = []
        open_still = True
        while open_still:
            wall, processor = time.perf_counter(), time.process_time()
            open_still = self._step(number)
            steps.append((time.perf_counter() - wall, time.process_time() - processor))
        return steps

    def _step(self, number: int) -> bool:
        with Session(self.engine.execution_options(govflow_write=True)) as session:
            row = session.get_one(StockCase, number)
            case = self.serializer.deserialize_json(row.body)
            task = case.get_next_task(state=TaskState.READY, manual=True)
            task.run()
            case.do_engine_steps()
            row.body, row.revision = self.serializer.serialize_json(case), row.revision + 1
            self.largest = max(self.largest, len(row.body))
            session.get_one(StockTask, str(task.id)).state = "done"
            session.add(StockEvent(case_id=number, text=task.task_spec.name))
            self._tasks(session, number, case)
            session.commit()
            return case.get_next_task(state=TaskState.READY, manual=True) is not None

    def _tasks(self, session: Session, number: int, case: BpmnWorkflow) -> None:
        known = set(
            session.scalars(sa.select(StockTask.id).where(StockTask.case_id == number, StockTask.state == "open"))
        )
        for task in case.get_tasks(state=TaskState.READY, manual=True):
            if str(task.id) not in known:
                session.add(StockTask(id=str(task.id), case_id=number, element=task.task_spec.name, state="open"))

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def _quoted(xml: bytes) -> bytes:
    """Timer texts are Python there: a duration must be a quoted text, and far away."""
    return re.sub(r"(<bpmn:timeDuration[^>]*>)[^<]*<", r'\1"P900D"<', xml.decode()).encode()
